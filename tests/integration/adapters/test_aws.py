"""What a failed call means: try again, or look at the permissions."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, ReadTimeoutError

from writ.adapters import aws
from writ.contracts.errors import ContendedError, TransientError


def client_error(code: str, status: int = 400) -> ClientError:
    response: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "Call")


@pytest.mark.parametrize(
    "error",
    [
        client_error("ThrottlingException"),
        client_error("SlowDown", status=503),
        client_error("KMSInternalException"),
        client_error("NeverHeardOf", status=500),
        ReadTimeoutError(endpoint_url="https://x"),
        NoCredentialsError(),
    ],
    ids=repr,
)
def test_what_may_pass_is_transient(error: Exception) -> None:
    problem = aws.failure(error, "storing the payload")
    assert isinstance(problem, TransientError)
    assert isinstance(problem, ContendedError) is (
        aws.error_code(error) in {"ThrottlingException", "SlowDown"}
    )
    assert problem.code == "dependency.unavailable"
    assert problem.message.startswith("storing the payload: ")


@pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedException", "NoSuchBucket", "ValidationError"])
def test_what_will_not_pass_is_refused_with_its_code(code: str) -> None:
    problem = aws.failure(client_error(code, status=403), "signing")
    assert (problem.code, problem.message, problem.retryable) == (
        "dependency.refused",
        f"signing: {code}",
        False,
    )


def test_code_is_empty_for_what_has_none() -> None:
    assert aws.error_code(client_error("X")) == "X"
    assert aws.error_code(BotoCoreError()) == aws.error_code(ValueError()) == ""


def test_clients_are_made_once_of_one_session(account: None) -> None:
    assert aws.client("sqs") is aws.client("sqs")
    assert aws.session() is aws.session()
    assert aws.client("sqs").meta.config.inject_host_prefix is False
