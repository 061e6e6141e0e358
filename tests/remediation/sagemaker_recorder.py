"""What `aws sagemaker` answers in a sandbox: what a script writes is what it reads afterwards.

Run as a program with the arguments of `aws`. An endpoint uses at first the configuration, and a notebook
instance has the status and root access, that the answers of the sandbox name; without an answer those of
the ordinary findings. AWS rolls an update of an endpoint back where the sandbox has an answer to it.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

_NOT_THERE = {
    "describe-endpoint-config": "ValidationException: Could not find endpoint configuration.",
    "describe-notebook-instance": "ValidationException: RecordNotFound",
}
_REFUSED = 254
_NOTEBOOK = "InService\tEnabled"


def answer(
    operation: str, options: dict[str, str], state: dict[str, str], first: dict[str, str]
) -> str | None:
    """Return what a call prints and change the state, which has a text for each resource.

    None stands for something that does not exist.
    """
    name = options.get("--endpoint-name", "")
    endpoint = "endpoint " + name
    configuration = "configuration " + options.get("--endpoint-config-name", "")
    notebook = "notebook " + options.get("--notebook-instance-name", "")
    status, _, access = state.get(notebook, first.get("describe-notebook-instance", _NOTEBOOK)).partition(
        "\t"
    )
    match operation:
        case "describe-endpoint-config":
            return state.get(configuration)
        case "create-endpoint-config":
            state[configuration] = options["--kms-key-id"]
        case "describe-endpoint" if options.get("--query") == "EndpointConfigName":
            return state.get(endpoint, first.get("describe-endpoint", f"{name}-config"))
        case "update-endpoint" if operation not in first:
            state[endpoint] = options["--endpoint-config-name"]
        case "create-notebook-instance":
            state["internet of " + notebook] = options["--direct-internet-access"]
        case "describe-notebook-instance" if options.get("--query") == "DirectInternetAccess":
            return state.get("internet of " + notebook)
        case "describe-notebook-instance":
            return status if options.get("--query") == "NotebookInstanceStatus" else f"{status}\t{access}"
        case "start-notebook-instance":
            state[notebook] = f"InService\t{access}"
        case "stop-notebook-instance":
            state[notebook] = f"Stopped\t{access}"
        case "update-notebook-instance":
            state[notebook] = f"Stopped\t{options['--root-access']}"
        case "wait" if "notebook-instance-stopped" in options:
            state[notebook] = f"Stopped\t{access}"
        case "wait" if "notebook-instance-in-service" in options:
            state[notebook] = f"InService\t{access}"
    return ""


def main(arguments: list[str]) -> int:
    """Print the answer of one call; returns the exit code."""
    recorded = Path(os.environ["RECORDED"])
    prefix = "answer.sagemaker."
    first = {
        path.name.removeprefix(prefix): path.read_bytes().decode() for path in recorded.glob(f"{prefix}*")
    }
    memory = recorded / "sagemaker.json"
    state = json.loads(memory.read_text()) if memory.exists() else {}
    options = {name: value for name, _, value in (word.partition("=") for word in arguments[1:])}
    printed = answer(arguments[0], options, state, first)
    memory.write_text(json.dumps(state))
    if printed is None:
        sys.stderr.write(f"\n{_NOT_THERE[arguments[0]]}\n")
        return _REFUSED
    sys.stdout.write(printed)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[2:]))
