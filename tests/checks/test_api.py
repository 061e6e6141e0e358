"""What `Region` does with the failures of reads and of checks."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_audit_tui.aws.errors import ReadError, Unread
from cloud_audit_tui.checks.api import GoneError, Region, UndeclaredReadError, Verdicts, check, entries
from cloud_audit_tui.model import Resource, Status, Target, Verdict
from recorded_reads import Replay

HERE = Target("prod", "111122223333", "eu-central-1")
DENIED = ReadError(Unread.DENIED, "It is denied.", permission="s3:GetBucketPolicy")


def region(**options: Any) -> Region:
    return Region(HERE, Replay({}), frozenset(), **options)


def resource_of(item: Any) -> Resource:
    return Resource(f"arn:{item['name']}", item["name"], "AWS::S3::Bucket")


async def judge_one(item: Any) -> Verdict | None:
    if isinstance(item.get("raises"), Exception):
        raise item["raises"]
    return None if item.get("outside") else Verdict(Status.PASS, resource_of(item), "It passes.")


async def judge_items(*items: Any, **options: Any) -> tuple[dict[str, Verdict], ReadError | None]:
    verdicts: dict[str, Verdict] = {}
    try:
        async for verdict in region(**options).judge(
            items, resource_of, judge_one, lambda item: item.get("in", "")
        ):
            assert isinstance(verdict.subject, Resource)
            verdicts[verdict.subject.name] = verdict
    except ReadError as error:
        return verdicts, error
    return verdicts, None


async def test_an_item_that_fails_costs_itself(caplog: pytest.LogCaptureFixture) -> None:
    verdicts, error = await judge_items(
        {"name": "denied", "raises": DENIED},
        {"name": "malformed", "raises": KeyError("hunter2")},
        {"name": "gone", "raises": GoneError()},
        {"name": "outside", "outside": True},
        {"name": "good"},
    )
    assert error is None
    assert {name: verdict.status for name, verdict in verdicts.items()} == {
        "denied": Status.NOT_ASSESSED,
        "malformed": Status.NOT_ASSESSED,
        "good": Status.PASS,
    }
    assert verdicts["denied"].evidence == {
        "unread": "access_denied",
        "missing_permission": "s3:GetBucketPolicy",
    }
    assert verdicts["malformed"].evidence == {"unread": "bad_response"}
    # The exception may quote what AWS returned.
    assert "hunter2" not in verdicts["malformed"].reason + caplog.text
    assert "KeyError" in caplog.text


async def test_items_without_an_identity_are_told_after_the_others() -> None:
    for nameless in (None, {}, {"name": ""}, "text"):
        verdicts, error = await judge_items(nameless, {"name": "good"})
        assert list(verdicts) == ["good"], nameless
        assert error is not None
        assert error.kind is Unread.BAD_RESPONSE


async def test_every_verdict_on_an_item_is_of_the_region_it_lives_in() -> None:
    verdicts, _ = await judge_items(
        {"name": "good", "in": "eu-west-1"}, {"name": "denied", "in": "eu-west-1", "raises": DENIED}
    )
    assert {verdict.region for verdict in verdicts.values()} == {"eu-west-1"}


async def test_items_that_are_not_wanted_are_not_judged() -> None:
    verdicts, _ = await judge_items({"name": "a"}, {"name": "b", "raises": DENIED}, only=frozenset({"a"}))
    assert list(verdicts) == ["a"]


async def test_a_check_that_stumbles_leaves_its_unit_not_assessed() -> None:
    @check("aws-test-001", reads=[])
    async def faulty_check(_: Region) -> Verdicts:
        yield Verdict(Status.PASS, Resource("arn:a", "a", ""), "It passes.")
        raise AttributeError("hunter2")

    verdicts = faulty_check.run(region())
    assert (await anext(verdicts)).status is Status.PASS
    with pytest.raises(ReadError) as error:
        await anext(verdicts)
    assert error.value.kind is Unread.BAD_RESPONSE
    assert "hunter2" not in error.value.words


async def test_a_read_that_a_check_does_not_declare_is_its_fault_and_no_failure_of_aws() -> None:
    @check("aws-test-001", reads=["s3:ListBuckets"])
    async def undeclared(here: Region) -> Verdicts:
        async def judge_bucket(_: Any) -> Verdict | None:
            await here.read("s3", "GetBucketPolicy")
            return None

        async for verdict in here.judge([{"name": "a"}], resource_of, judge_bucket):
            yield verdict

    with pytest.raises(UndeclaredReadError, match="s3:GetBucketPolicy"):
        [verdict async for verdict in undeclared.run(region())]


async def test_an_empty_entry_of_a_list_is_told_after_the_others() -> None:
    class Reads(Replay):
        async def items(self, region: str, service: str, operation: str, params: Any) -> Any:
            for item in ({"Name": "a"}, None, {"Name": "b"}):
                yield item

    here = Region(HERE, Reads({}), frozenset({"s3:ListBuckets"}))
    names = []
    with pytest.raises(ReadError, match="empty entry"):
        async for item in here.items("s3", "ListBuckets"):
            names.append(item["Name"])  # noqa: PERF401
    assert names == ["a", "b"]


def test_the_entries_of_a_member_are_structures() -> None:
    assert entries({}, "Rules") == []
    assert entries({"Rules": None}, "Rules") == []
    assert entries({"Rules": [{"ID": "a"}]}, "Rules") == [{"ID": "a"}]
    with pytest.raises(ReadError, match="Rules"):
        entries({"Rules": [{"ID": "a"}, None]}, "Rules")
