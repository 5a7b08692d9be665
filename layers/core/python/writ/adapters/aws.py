"""The one way to AWS: clients made when first used, from a single botocore session.

boto3 is left out on purpose: a session a client, which it invites, costs a cold start far more than it.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal

from writ.contracts.errors import ContendedError, TransientError, WritError

if TYPE_CHECKING:
    from botocore.session import Session

# The services that functions call. The kernel layer has short models of them (`stacks.service_models`).
Service = Literal[
    "appconfig",
    "appconfigdata",
    "cloudformation",
    "cloudwatch",
    "dynamodb",
    "events",
    "kms",
    "lambda",
    "s3",
    "secretsmanager",
    "sqs",
    "ssm",
    "stepfunctions",
    "sts",
]
_ATTEMPTS: Final = 4
# There are too many calls, or others are at the same thing.
CROWDED: Final = frozenset(
    {
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
_PASSING: Final = frozenset(
    {
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "KMSInternalException",
        "RequestTimeout",
        "ServiceUnavailable",
    }
)


@cache
def session() -> Session:
    """The botocore session of this process; region, credentials and endpoint come from the environment."""
    from botocore.session import get_session

    from writ.adapters.service_models import ServiceModels

    made = get_session()
    made.register_component("data_loader", ServiceModels())
    return made


@cache
def client(
    name: Service, signature: str | None = None, *, read_timeout_s: int = 10, attempts: int = _ATTEMPTS
) -> Any:
    """The client of a service, e.g. `client("s3")`.

    Host prefixes stay off because an emulator on one loopback address has no sub-domains. botocore
    itself honours AWS_ENDPOINT_URL. `signature` is a signature version in place of the service's own.
    """
    from botocore.config import Config

    config = Config(
        signature_version=signature,
        connect_timeout=2,
        read_timeout=read_timeout_s,
        retries={"mode": "standard", "total_max_attempts": attempts},
        inject_host_prefix=False,
        s3={"addressing_style": "path"},
    )
    return session().create_client(name, config=config)


def error_code(error: Exception) -> str:
    """The service's code of a botocore ClientError, or an empty string."""
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""


def failure(error: Exception, doing: str) -> WritError:
    """The Writ error for a botocore error: transient when the same call may succeed later, contended if soon.

    Use it as `raise aws.failure(error, "storing the payload") from error`, after handling the codes
    that mean something to the caller.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    code = error_code(error) or type(error).__name__
    status = 0
    if isinstance(error, ClientError):
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in CROWDED:
        return ContendedError(f"{doing}: {code}", code=TransientError.code)
    if isinstance(error, BotoCoreError) or code in _PASSING or status >= 500:
        return TransientError(f"{doing}: {code}")
    return WritError(f"{doing}: {code}", code="dependency.refused")
