from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


def test_a_response_that_aws_never_gives_cannot_be_scripted(aws: Any) -> None:
    with pytest.raises(AssertionError, match="Unknown parameter"):
        aws.answer("sagemaker", "ListTags", {"Tags": [], "KmsKeyId": "no such member"})
    with pytest.raises(AssertionError, match="Invalid type"):
        aws.answer("sagemaker", "ListTags", {"Tags": "not a list"})
    with pytest.raises(AssertionError, match="Missing required"):
        aws.answer("sagemaker", "ListEndpoints", {})


async def test_a_scripted_function_is_held_to_the_model_too(
    aws: Any, judge: Callable[..., Awaitable[Any]]
) -> None:
    aws.answer("sagemaker", "ListEndpoints", lambda _: {"Endpoints": [], "Name": "wrong"})
    await judge("aws-sagemaker-003")
    assert len(aws.faults) == 1
    aws.faults.clear()


def test_what_is_not_scripted_is_denied_in_the_words_of_iam(aws: Any) -> None:
    with pytest.raises(ClientError, match="is not authorized to perform: s3:GET / on resource") as error:
        boto3.client("s3").list_buckets()
    assert error.value.response["Error"]["Code"] == "AccessDeniedException"
    aws.answer("sagemaker", "ListTags", {"Tags": []})
    with pytest.raises(ClientError, match="not authorized to perform: sagemaker:ListModels"):
        boto3.client("sagemaker").list_models()


def test_every_protocol_is_read_and_answered(aws: Any) -> None:
    assert boto3.client("sts").get_caller_identity()["Account"] == "111122223333"
    aws.answer("ec2", "DescribeVpcs", {"Vpcs": [{"VpcId": "vpc-1", "IsDefault": True}]})
    assert boto3.client("ec2").describe_vpcs()["Vpcs"][0]["IsDefault"] is True
    aws.answer("lambda", "GetFunctionConcurrency", {"ReservedConcurrentExecutions": 3}, FunctionName="a b")
    assert (
        boto3.client("lambda").get_function_concurrency(FunctionName="a b")["ReservedConcurrentExecutions"]
        == 3
    )
    aws.denied("iam", "ListUsers")
    with pytest.raises(ClientError, match="iam:ListUsers"):
        boto3.client("iam").list_users()
