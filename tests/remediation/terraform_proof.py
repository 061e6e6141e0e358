"""Proof that a Terraform file is right: a static check, and the real `terraform validate`.

Both check against `provider_schema.json`. Terraform asks a provider that this process serves over
gRPC (plugin protocol 5, found through TF_REATTACH_PROVIDERS): no registry, no `terraform init`, no
plugin. The static check needs no `terraform` and names faults in other words.
"""

from __future__ import annotations

import base64
import copy
import json
import os
import re
import subprocess
import tempfile
from concurrent import futures
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from unittest.mock import patch

import grpc
import hcl2
import hcl2.parser
from hcl2.transformer import RuleTransformer
from lark import parse_tree_builder

from remediation import terraform_batch
from remediation.fix_table import WATCHED
from remediation.protocol_buffers import field, fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from remediation.right_texts import RightTexts

SCHEMA: Mapping[str, Any] = json.loads((Path(__file__).parent / "provider_schema.json").read_text("utf-8"))
META_ARGUMENTS = {"count", "for_each", "provider", "depends_on"}
PROVIDER = {
    "a": {
        "allowed_account_ids": "o set(string)",
        "profile": "o string",
        "region": "o string",
        "sts_region": "o string",
    },
    "b": {"assume_role": {"m": "list", "a": {"role_arn": "o string"}}},
}
"""What our files say to the provider; the real one takes more."""
_SCHEMA_IS_KEPT = field(6, field(2, True))
"""The capability of a provider whose schema Terraform reads once, and not for each module of a batch."""
NESTING = {"single": 1, "list": 2, "set": 3, "map": 4}
_ATOMS = {"any": "dynamic"}
_RESOURCE_TYPE = re.compile(r'"?(aws_[a-z0-9_]+)')
_LITERAL = r'"(?:[^"\\$%\n]|\\[\\"nrt]|\\u[0-9a-f]{4}|\\U[0-9a-f]{8}|\$\$\{|%%\{|[$%](?!\{))*"'
_LINE_OF_A_TEXT = re.compile(rf"^( *(?:\w+|{_LITERAL}) += ){_LITERAL}$", re.MULTILINE)
_LINE_OF_A_RESOURCE = re.compile(r'^(resource "\w+") "[A-Za-z_][\w-]*" \{$', re.MULTILINE)
_REFERENCE = re.compile(r"\b(aws_[a-z0-9_]+)\.[A-Za-z_][\w-]*\b")


def parsed(text: str) -> dict[str, Any]:
    """Return a file as python-hcl2 reads it, strings with their quotes and escapes."""
    return copy.deepcopy(_parsed(text))


@lru_cache(maxsize=256)
def _parsed(text: str) -> dict[str, Any]:
    """Return what `parsed` does, the same object each time: many tests look at a file in two ways."""
    tree = _reader().transform(hcl2.parses_to_tree(text))
    file: dict[str, Any] = hcl2.serialize(tree)
    return file


@cache
def _reader() -> RuleTransformer:
    """Return python-hcl2's reader of syntax trees, and make its parser: both without needless work."""
    # Nobody reads the positions.
    with patch.object(parse_tree_builder, "make_propagate_positions", lambda _wanted: None):
        hcl2.parser.parser()
    reader = RuleTransformer()
    # Lark would bind the method of a rule again for each node.
    methods = {name: getattr(reader, name) for name in dir(reader) if not name.startswith("_")}
    vars(reader).update({name: each for name, each in methods.items() if callable(each)})
    return reader


def string_value(literal: str) -> str:
    """Return what HCL takes a quoted string without interpolation for."""
    body = literal[1:-1]
    escapes = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}

    def one(match: re.Match[str]) -> str:
        if match[0] in ("$${", "%%{"):
            return match[0][1:]
        code = match[1] or match[2]
        return chr(int(code, 16)) if code else escapes[match[3]]

    return re.sub(r"\\u([0-9a-f]{4})|\\U([0-9a-f]{8})|\\(.)|\$\$\{|%%\{", one, body)


def static_faults(text: str) -> list[str]:
    """Return what is wrong with the blocks of a file, judged by the schema alone."""
    try:
        file = _parsed(_shape(text))
    except Exception as error:
        return [f"syntax: {str(error).splitlines()[0]}"]
    faults: list[str] = []
    for resource in file.get("resource", []):
        for kind, labelled in resource.items():
            name = kind.strip('"')
            schema = SCHEMA["resources"].get(name)
            if schema is None:
                faults.append(f"there is no resource {name}")
                continue
            for label, body in labelled.items():
                if not re.fullmatch(r"[A-Za-z_][\w-]*", label.strip('"')):
                    faults.append(f"{label} is no name for a resource")
                faults += _body_faults(schema, body, name, top=True)
                faults += [
                    f"{name}.{path} is deprecated: {why}"
                    for path, why in schema.get("d", {}).items()
                    if _has(body, path.split("."))
                ]
    return faults


def _shape(text: str) -> str:
    """Return a file with other texts and names, about which the schema says nothing: many have one shape."""
    for pattern, other in (
        (_LINE_OF_A_TEXT, r'\1"x"'),
        (_LINE_OF_A_RESOURCE, r'\1 "x" {'),
        (_REFERENCE, r"\1.x"),
    ):
        text = pattern.sub(other, text)
    return text


def _body_faults(
    schema: Mapping[str, Any], body: Mapping[str, Any], where: str, *, top: bool
) -> Iterator[str]:
    attributes, blocks = schema.get("a", {}), schema.get("b", {})
    for name, value in body.items():
        if name.startswith("__") or (top and (name in META_ARGUMENTS or name == "lifecycle")):
            continue
        if name in attributes:
            flags, kind = attributes[name].split(" ", 1)
            if flags == "c":
                yield f"{where}.{name} is read-only"
            yield from _type_faults(kind, value, f"{where}.{name}")
        elif name in blocks:
            if not isinstance(value, list) or not all(
                isinstance(item, dict) and "__is_block__" in item for item in value
            ):
                yield f"{where}.{name} is a block, not an argument"
                continue
            for item in value:
                yield from _body_faults(blocks[name], item, f"{where}.{name}", top=False)
        else:
            yield f"{where} has no {name}"
    for name, kind in attributes.items():
        if kind.startswith("r") and name not in body:
            yield f"{where}.{name} is required"
    for name, block in blocks.items():
        count = len(body.get(name, []))
        if count < block.get("min", 0) or count > block.get("max", count):
            yield f"{where} has {count} blocks {name}"


def _has(body: Any, path: list[str]) -> bool:
    """Say whether an argument or block is written, at whatever depth."""
    if not path:
        return True
    if isinstance(body, list):
        return any(_has(item, path) for item in body)
    return isinstance(body, dict) and path[0] in body and _has(body[path[0]], path[1:])


def _type_faults(kind: str, value: Any, where: str) -> Iterator[str]:
    head = "list" if kind.startswith("set") else kind.partition("(")[0]
    if (literal := _literal_type(value)) not in (head, None):
        yield f"{where} must be a {kind}, not a {literal}"


def _literal_type(value: Any) -> str | None:
    """Return the type of a literal, ``None`` for what is computed."""
    for type_, name in ((bool, "bool"), (int, "number"), (float, "number"), (list, "list"), (dict, "map")):
        if isinstance(value, type_):
            return name
    return "string" if isinstance(value, str) and value.startswith('"') else None


class TerraformProof:
    """The program `terraform` and a provider made from the schema; a context manager."""

    def __init__(self, program: str, right: RightTexts) -> None:
        self._program = program
        self._right = right
        self._formatted: dict[str, str] = {}
        self._faults: dict[str, list[str]] = {}
        self._batched: set[str] = set()

    def __enter__(self) -> Self:
        self._directory = tempfile.TemporaryDirectory()
        self._provider = _Provider()
        self._server = grpc.server(futures.ThreadPoolExecutor(4))
        self._server.add_generic_rpc_handlers([self._provider])
        port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()
        reattach = {
            "hashicorp/aws": {
                "Protocol": "grpc",
                "ProtocolVersion": 5,
                "Pid": os.getpid(),
                "Test": True,
                "Addr": {"Network": "tcp", "String": f"127.0.0.1:{port}"},
            }
        }
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": self._directory.name,
            "CHECKPOINT_DISABLE": "1",
            "TF_IN_AUTOMATION": "1",
            "TF_CLI_CONFIG_FILE": os.devnull,
            "TF_REATTACH_PROVIDERS": json.dumps(reattach),
            # A process that lives for a tenth of a second has no use for garbage collection.
            "GOGC": "off",
        }
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop(0).wait()
        self._directory.cleanup()

    def faults(self, text: str, beside: Iterable[str] = ()) -> list[str]:
        """Return the errors and warnings of `terraform validate` for a file, found once for each text.

        The program also validates what is to be asked for next, ``beside``: to start it takes longest.
        """
        self._validate_together([text, *beside])
        if text not in self._faults:
            self._faults[text] = self._validated(text)
        if not self._faults[text]:
            for watch in WATCHED:
                watch.terraform_is_right(text)
        return list(self._faults[text])

    def _validate_together(self, texts: Iterable[str]) -> None:
        """Find which new texts are right; those of a batch with a fault are left to be validated alone."""
        known = self._faults.keys() | self._batched
        new = [text for text in dict.fromkeys(texts) if text not in known]
        batch = [text for text in new if terraform_batch.fits(text)]
        if len(batch) > 1:
            self._batched.update(batch)
            with self._right.others(batch) as others:
                if self._all_are_right(others):
                    self._right.add(others)
                    self._faults.update({text: [] for text in batch})

    def _all_are_right(self, texts: Sequence[str]) -> bool:
        if len(texts) > 1:
            return terraform_batch.all_right(self._diagnostics(*texts))
        return not any(map(self._validated, texts))

    def _validated(self, text: str) -> list[str]:
        return [f"{each['summary']}: {each.get('detail', '')}" for each in self._diagnostics(text)]

    def _diagnostics(self, *texts: str) -> list[dict[str, Any]]:
        self._provider.types = set(_RESOURCE_TYPE.findall("\n".join(texts)))
        with tempfile.TemporaryDirectory(dir=self._directory.name) as directory:
            if len(texts) == 1:
                (Path(directory) / "main.tf").write_text(texts[0], encoding="utf-8")
            else:
                terraform_batch.write(Path(directory), texts)
            process = self._run(["validate", "-json", "-no-color"], cwd=directory)
        diagnostics: list[dict[str, Any]] = json.loads(process.stdout)["diagnostics"]
        return diagnostics

    def formatted(self, text: str, beside: Sequence[str] = ()) -> str:
        """Return the file as `terraform fmt` writes it; raises `ValueError` for one that it cannot read.

        The program also formats what is to be asked for next, ``beside``: to start it takes longest.
        """
        if text not in self._formatted:
            texts = list(dict.fromkeys([text, *beside]))
            self._formatted.update(zip(texts, self.all_formatted(texts), strict=True))
        return self._formatted[text]

    def all_formatted(self, texts: Sequence[str]) -> list[str]:
        """Return files as `terraform fmt`, run once, writes them; raises as `formatted` does."""
        with tempfile.TemporaryDirectory(dir=self._directory.name) as directory:
            files = [Path(directory) / f"{number}.tf" for number in range(len(texts))]
            for file, text in zip(files, texts, strict=True):
                file.write_bytes(text.encode())
            process = self._run(["fmt", "-no-color"], cwd=directory)
            if process.returncode:
                raise ValueError(process.stderr)
            return [file.read_bytes().decode() for file in files]

    def evaluated(self, expressions: list[str], beside: str = "") -> list[Any]:
        """Return the values that Terraform gives to expressions, each one line, beside a file."""
        self._provider.types = set(_RESOURCE_TYPE.findall(beside))
        # In base 64, because the console prints some characters in a way of its own.
        expression = f"base64encode(jsonencode([{', '.join(expressions)}]))\n"
        with tempfile.TemporaryDirectory(dir=self._directory.name) as directory:
            (Path(directory) / "main.tf").write_text(beside, encoding="utf-8")
            process = self._run(["console"], cwd=directory, entry=expression)
        if process.returncode:
            raise ValueError(process.stderr)
        values: list[Any] = json.loads(base64.b64decode(process.stdout.strip().strip('"')))
        return values

    def _run(
        self, arguments: list[str], cwd: str | None = None, entry: str = ""
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self._program, *arguments],
            cwd=cwd,
            env=self._environment,
            input=entry,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )


class _Provider(grpc.GenericRpcHandler):  # type: ignore[misc]
    """hashicorp/aws as far as `terraform validate` sees it.

    Terraform reads the schema of every type that the provider has, which takes most of its time, so the
    provider has only the types that the file names.
    """

    types: AbstractSet[str] = frozenset()

    def service(self, call: Any) -> Any:
        method = call.method.rsplit("/", 1)[-1]
        # gRPC itself refuses the rest: a handler would hold a thread for each stream that stays open.
        if method not in (
            "GetSchema",
            "PrepareProviderConfig",
            "ValidateResourceTypeConfig",
            "Configure",
            "Stop",
        ):
            return None

        def answer(request: bytes, _context: Any) -> bytes:
            if method == "GetSchema":
                type_names = self.types & SCHEMA["resources"].keys()
                types = map(_resource_type, sorted(type_names))
                return b"".join([field(1, field(2, _block(PROVIDER))), *types, _SCHEMA_IS_KEPT])
            if method == "PrepareProviderConfig":
                return field(1, fields(request).get(1, [b""])[0])
            return b""

        return grpc.unary_unary_rpc_method_handler(answer)


@cache
def _resource_type(name: str) -> bytes:
    return field(2, field(1, name) + field(2, field(2, _block(SCHEMA["resources"][name]))))


def _block(schema: Mapping[str, Any]) -> bytes:
    encoded = b""
    for name, kind in schema.get("a", {}).items():
        flags, type_ = kind.split(" ", 1)
        encoded += field(
            2,
            field(1, name)
            + field(2, json.dumps(_type(type_)))
            + field(4, flags[0] == "r")
            + field(5, flags[0] == "o")
            + field(6, "c" in flags),
        )
    for name, block in schema.get("b", {}).items():
        encoded += field(
            3,
            field(1, name)
            + field(2, _block(block))
            + field(3, NESTING[block["m"]])
            + field(4, block.get("min", 0))
            + field(5, block.get("max", 0)),
        )
    return encoded


def _type(text: str) -> Any:
    """Return a type as Terraform's JSON has it: ``set(string)`` is ``["set", "string"]``."""
    collection = re.fullmatch(r"(list|set|map)\((.+)\)", text)
    if collection:
        return [collection[1], _type(collection[2])]
    if text.startswith("object("):
        return ["object", dict(_members(text.removeprefix("object({").removesuffix("})")))]
    return _ATOMS.get(text, text)


def _members(text: str) -> Iterator[tuple[str, Any]]:
    """Yield the names and types of ``a=string,b=list(object({c=bool}))``."""
    depth, begin = 0, 0
    for at, letter in enumerate(f"{text},"):
        depth += (letter in "({") - (letter in ")}")
        if letter == "," and depth == 0:
            name, kind = text[begin:at].split("=", 1)
            yield name, _type(kind)
            begin = at + 1
