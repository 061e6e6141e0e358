"""What `aws sagemaker` answers in a sandbox: what a script writes is what it reads afterwards.

Run as a program with the arguments of `aws`. An endpoint uses at first the configuration, and a notebook
instance has the status and root access, that the answers of the sandbox name; without an answer those of
the ordinary findings. AWS rolls an update of an endpoint back where the sandbox has an answer to it.

It imports only what is built into Python: a thousand of these programs run, and `pathlib` and `json` take
longer than all of the rest.
"""

import posix
import sys

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
    recorded = posix.environ[b"RECORDED"]
    prefix = b"answer.sagemaker."
    first = {
        name.removeprefix(prefix).decode(): _text(recorded + b"/" + name)
        for name in posix.listdir(recorded)
        if name.startswith(prefix)
    }
    memory = recorded + b"/sagemaker"
    words = _text(memory).split("\0")[:-1]
    state = dict(zip(words[::2], words[1::2], strict=True))
    options = {name: value for name, _, value in (word.partition("=") for word in arguments[1:])}
    printed = answer(arguments[0], options, state, first)
    with open(memory, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:  # noqa: PTH123
        file.write("".join(f"{name}\0{value}\0" for name, value in state.items()))
    if printed is None:
        sys.stderr.write(f"\n{_NOT_THERE[arguments[0]]}\n")
        return _REFUSED
    sys.stdout.write(printed)
    return 0


def _text(path: bytes) -> str:
    """Return what a file holds, nothing for none."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:  # noqa: PTH123
            return file.read()
    except FileNotFoundError:
        return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[2:]))
