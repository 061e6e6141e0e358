"""The reduced models say the same of every read as botocore's, and a bad file of the cache is never used."""

from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import UnknownServiceError
from botocore.model import ServiceModel

from cloud_audit_tui.aws import service_models
from cloud_audit_tui.aws.service_models import ServiceModels, full_loader
from cloud_audit_tui.checks.catalogue import all_checks
from cloud_audit_tui.kept_file import header

if TYPE_CHECKING:
    from pathlib import Path

    from botocore.model import Shape

READS = sorted({read for check in all_checks().values() for read in check.reads})
SERVICE = "efs"


@pytest.fixture
def model_file(tmp_path: Path) -> Path:
    """The file of one service, written by one process."""
    ServiceModels(full_loader(), tmp_path).load_service_model(SERVICE, "service-2")
    return tmp_path / f"{SERVICE}.json"


def without_texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_texts(part) for key, part in value.items() if key != "documentation"}
    return value


def shape_of(shape: Shape | None, outer_shapes: frozenset[str] = frozenset()) -> Any:
    """Return what a shape says, to its leaves."""
    if shape is None or shape.name in outer_shapes:
        return None
    within = outer_shapes | {shape.name}
    parts = dict(getattr(shape, "members", {})) if shape.type_name == "structure" else {}
    for part in ("member", "key", "value"):
        if shape.type_name in ("list", "map") and hasattr(shape, part):
            parts[part] = getattr(shape, part)
    return (
        shape.name,
        shape.type_name,
        shape.serialization,
        without_texts(shape.metadata),
        {name: shape_of(part, within) for name, part in parts.items()},
    )


@pytest.mark.proof
def test_every_read_has_the_shapes_and_pages_of_the_whole_model(tmp_path: Path) -> None:
    whole = full_loader()
    ServiceModels(whole, tmp_path)
    different = []
    for service in sorted({read.partition(":")[0] for read in READS}):
        ServiceModels(whole, tmp_path).load_service_model(service, "service-2")
        reduced = ServiceModels(whole, tmp_path)
        ours = ServiceModel(reduced.load_service_model(service, "service-2"), service)
        theirs = ServiceModel(whole.load_service_model(service, "service-2"), service)
        if ours.metadata != theirs.metadata:
            different.append(service)
        for read in (read for read in READS if read.startswith(f"{service}:")):
            name = read.partition(":")[2]
            one, other = ours.operation_model(name), theirs.operation_model(name)
            same = (
                one.http == other.http
                and shape_of(one.input_shape) == shape_of(other.input_shape)
                and shape_of(one.output_shape) == shape_of(other.output_shape)
                and [shape.name for shape in one.error_shapes] == [shape.name for shape in other.error_shapes]
                and one.context_parameters == other.context_parameters
                and one.static_context_parameters == other.static_context_parameters
            )
            pages = [
                loader.load_service_model(service, "paginators-1")["pagination"].get(name)
                for loader in (reduced, whole)
            ]
            if not same or pages[0] != pages[1]:
                different.append(read)
        if [shape.name for shape in ours.error_shapes] != [shape.name for shape in theirs.error_shapes]:
            different.append(f"{service}: errors")
    assert not different


def test_a_second_process_reads_the_file(model_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_models, "_reduced", lambda *_: pytest.fail("the model was decoded again"))
    model = ServiceModels(full_loader(), model_file.parent).load_service_model(SERVICE, "service-2")
    assert "DescribeFileSystems" in model["operations"]
    assert "DeleteFileSystem" not in model["operations"]


def test_only_its_owner_can_read_the_file(model_file: Path) -> None:
    assert stat.S_IMODE(model_file.stat().st_mode) == 0o600


def bad_files(good: bytes) -> dict[str, bytes]:
    first, _, body = good.partition(b"\n")
    other = body.replace(b"DescribeFileSystems", b"DescribeFileZystems")
    return {
        "empty": b"",
        "cut": good[: len(good) // 2],
        "changed": first + b"\n" + other,
        "of another version": b"0" * 64 + first[64:] + b"\n" + body,
        "no JSON": header(service_models._key_of(SERVICE), b"{") + b"{",
        "binary": os.urandom(500),
    }


def test_a_damaged_or_outdated_file_is_replaced(model_file: Path) -> None:
    good = model_file.read_bytes()
    used = []
    for name, content in bad_files(good).items():
        model_file.write_bytes(content)
        model = ServiceModels(full_loader(), model_file.parent).load_service_model(SERVICE, "service-2")
        if "DescribeFileSystems" not in model["operations"] or model_file.read_bytes() != good:
            used.append(name)
    assert not used


def test_a_file_that_others_can_write_is_not_used(model_file: Path) -> None:
    first, _, body = model_file.read_bytes().partition(b"\n")
    planted = body.replace(b"DescribeFileSystems", b"DescribeFileZystems")
    key = first.partition(b" ")[0].decode()
    model_file.write_bytes(header(key, planted) + planted)
    model_file.chmod(0o622)
    model = ServiceModels(full_loader(), model_file.parent).load_service_model(SERVICE, "service-2")
    assert "DescribeFileSystems" in model["operations"]


def test_a_link_is_not_followed(model_file: Path, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere.json"
    model_file.rename(target)
    model_file.symlink_to(target)
    ServiceModels(full_loader(), tmp_path).load_service_model(SERVICE, "service-2")
    assert not model_file.is_symlink()
    assert target.exists()


def test_without_a_place_for_the_files_models_are_decoded(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    models = ServiceModels(full_loader(), tmp_path / "file" / "models")
    assert "DescribeFileSystems" in models.load_service_model(SERVICE, "service-2")["operations"]


def test_models_of_the_user_are_used_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "own"
    (own / SERVICE / "2015-02-01").mkdir(parents=True)
    extras = {"merge": {"operations": {"DeleteFileSystem": {"deprecated": True}}}}
    (own / SERVICE / "2015-02-01" / "service-2.sdk-extras.json").write_text(json.dumps(extras))
    loader = full_loader()
    loader.search_paths.insert(0, str(own))
    models = ServiceModels(loader, tmp_path / "cache")
    assert models.load_service_model(SERVICE, "service-2")["operations"]["DeleteFileSystem"]["deprecated"]
    assert not (tmp_path / "cache").exists()


def test_an_unknown_service_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UnknownServiceError):
        ServiceModels(full_loader(), tmp_path).load_service_model("teapot", "service-2")
