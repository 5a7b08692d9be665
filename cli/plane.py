"""The control plane that commands talk to: where it is, what its parts are called, and clients for AWS."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cli.output import CommandError
from writ.contracts.errors import from_validation

ROOT: Final = Path(__file__).parent.parent
STATE: Final = ROOT / ".writ"
RUN_FILE: Final = STATE / "run.json"
EMULATOR_ACCOUNT: Final = "000000000000"
API_VARIABLE: Final = "WRIT_API"
BY_ADDRESS: Final = "api"  # the environment of a plane of which nothing else is known
# A token goes there: over TLS, unless it is this machine.
_ADDRESS: Final = re.compile(r"https://[^\s/@]+(/\S*)?|http://(127\.0\.0\.1|localhost)(:[0-9]+)?(/\S*)?")

# The emulator takes "test" for the account's root: https://github.com/ministackorg/ministack#authentication
_EMULATOR_KEY: Final = "test"


class RunFile(BaseModel):
    """`.writ/run.json`: where the plane is, and what the last `make run` found there."""

    model_config = ConfigDict(extra="allow", frozen=True)

    env: str = "local"
    api_url: str
    aws_endpoint_url: str | None = None
    region: str
    bus_name: str
    log_origin: str
    user_pool_client_id: str = ""
    checkpoint: dict[str, Any] | None = None
    counts: dict[str, Any] = Field(default_factory=dict)

    @classmethod
    def load(cls, path: Path = RUN_FILE) -> RunFile:
        """Raises CommandError when there is no plane, or the file is not one of ours."""
        try:
            return cls.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            raise CommandError(
                "no control plane is known here", code="plane.absent", hint="make run"
            ) from None
        except ValidationError as error:
            problem = from_validation(error, path.name)
            raise CommandError(
                problem.message,
                code="plane.unreadable",
                field=problem.field,
                hint=f"delete {path.name}, then make run",
            ) from None

    @classmethod
    def of_api(cls, url: str) -> RunFile:
        """A plane of which only the address of its API is known. Raises CommandError for what is none."""
        if not _ADDRESS.fullmatch(url):
            raise CommandError("not the address of an API", code="plane.unreadable", field=API_VARIABLE)
        return cls(env=BY_ADDRESS, api_url=url, region="none", bus_name="none", log_origin="none")

    def save(self, path: Path = RUN_FILE) -> None:
        """Write the file whole: a reader never sees half of it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".part")
        draft.write_text(json.dumps(self.model_dump(mode="json"), indent=2) + "\n", encoding="utf-8")
        draft.replace(path)


@dataclass(frozen=True)
class Plane:
    """Names and AWS clients of one deployed control plane."""

    file: RunFile
    _clients: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def load(cls) -> Plane:
        """The plane at `WRIT_API`, of which only the API is known; else that of the run file."""
        url = os.environ.get(API_VARIABLE)
        return cls(RunFile.load() if url is None else RunFile.of_api(url))

    def thing(self, name: str) -> str:
        """Physical name of a table, function, queue or secret."""
        return f"writ-{self.file.env}-{name}"

    def bucket(self, name: str) -> str:
        return f"{self.thing(name)}-{self._account}"

    def log_group(self, function: str) -> str:
        return f"/aws/lambda/{self.thing(function)}"

    def aws(self, service: str) -> Any:
        """The client of a service: as root on the emulator, with the caller's own credentials elsewhere."""
        if service not in self._clients:
            import boto3
            from botocore.config import Config

            config = Config(
                connect_timeout=3, read_timeout=30, inject_host_prefix=False, retries={"mode": "standard"}
            )
            endpoint = self.file.aws_endpoint_url
            local: Mapping[str, str] = (
                {
                    "endpoint_url": endpoint,
                    "aws_access_key_id": _EMULATOR_KEY,
                    "aws_secret_access_key": _EMULATOR_KEY,
                }
                if endpoint
                else {}
            )
            make: Any = boto3.client
            self._clients[service] = make(service, region_name=self.file.region, config=config, **local)
        return self._clients[service]

    def queue_url(self, queue: str) -> str:
        """Where a bot's queue is, or its dead letters'. Raises CommandError for a bot without one."""
        sqs = self.aws("sqs")
        with calling(f"looking for the queue of {queue.removesuffix('-dlq')}"):
            try:
                return str(sqs.get_queue_url(QueueName=self.thing(queue))["QueueUrl"])
            except sqs.exceptions.QueueDoesNotExist:
                pass
        raise CommandError(f"there is no bot with a queue {queue}", code="not_found", hint="writ bots list")

    @cached_property
    def _account(self) -> str:
        if self.file.aws_endpoint_url:
            return EMULATOR_ACCOUNT
        with calling("asking who we are"):
            return str(self.aws("sts").get_caller_identity()["Account"])


@contextmanager
def calling(doing: str) -> Iterator[None]:
    """Turn an AWS error into one that says what was being done and whether the plane is there at all.

    Raises CommandError.
    """
    from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError

    from writ.adapters.aws import error_code

    try:
        yield
    except EndpointConnectionError:
        raise CommandError(
            f"{doing}: the control plane does not answer", code="plane.down", hint="make run"
        ) from None
    except ClientError as error:
        raise CommandError(f"{doing}: {error_code(error) or 'unknown'}", code="plane.refused") from None
    except BotoCoreError as error:
        raise CommandError(
            f"{doing}: {type(error).__name__}", code="plane.down", hint="writ status"
        ) from None
