"""Pull requests that nobody wrote, and a look into the name space of previews: for `writ demo preview`."""

from __future__ import annotations

import hashlib
import json
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from cli.local.replay import Webhook, replay
from cli.local.run import SAMPLES
from cli.plane import Plane
from functions.preview.model import FLOW

REPOSITORY: Final = "writ-demo/shop"
LABEL: Final = "preview"
_SAMPLE: Final = SAMPLES / "pull_request" / "unlocked.payload.json"


@dataclass
class PullRequests:
    """Signed webhooks of pull requests of one repository, made from a real one; `opened` sees each before."""

    plane: Plane
    opened: Callable[[Sequence[Webhook]], object] = lambda _: None
    _heads: dict[int, int] = field(default_factory=dict)
    _next: int = field(default_factory=lambda: int(time.time()) % 1_000_000_000)

    def number(self) -> int:
        """Of a new pull request."""
        self._next += 1
        return self._next

    def label(self, number: int) -> None:
        self._send(number, "labeled", label={"name": LABEL})

    def push(self, number: int) -> str:
        """The commit that it has then."""
        self._heads[number] = self._heads.get(number, 0) + 1
        self._send(number, "synchronize")
        return self.commit(number)

    def close(self, number: int) -> None:
        self._send(number, "closed", state="closed")

    def commit(self, number: int) -> str:
        return hashlib.sha1(f"{number}.{self._heads.get(number, 0)}".encode()).hexdigest()  # noqa: S324

    def _send(self, number: int, action: str, state: str = "open", **more: Any) -> None:
        document: dict[str, Any] = json.loads(_SAMPLE.read_bytes())
        head = document["pull_request"]["head"]
        own = {**head["repo"], "full_name": REPOSITORY}
        changed = {
            "number": number,
            "state": state,
            "merged": False,
            "labels": [{"name": LABEL}],
            "head": {**head, "sha": self.commit(number), "repo": own},
        }
        document["pull_request"] |= changed
        document["repository"] |= {"full_name": REPOSITORY, "name": "shop"}
        document |= {"action": action, "number": number, **more}
        webhooks = [Webhook(_SAMPLE, "pull_request", json.dumps(document).encode())]
        self.opened(webhooks)
        replay(self.plane, webhooks)


@dataclass
class Space:
    """What is in the name space of previews, seen by the account's owner."""

    plane: Plane

    def stack(self, id: str) -> str:
        return f"preview-{self.plane.file.env}-{id}"

    def get(self, url: str, path: str) -> Any:
        """What a function URL answers, by HTTP: its host name in the request, sent to the emulator."""
        endpoint = str(self.plane.file.aws_endpoint_url).rstrip("/")
        host = urllib.parse.urlsplit(url).netloc
        request = urllib.request.Request(endpoint + path, headers={"Host": host})  # noqa: S310
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return json.loads(answer.read())

    def reads(self, id: str, other: str) -> str:
        """Whether the role of one preview reads the table of another, asked with that role's credentials."""
        role = self.plane.aws("iam").get_role(RoleName=f"{self.stack(id)}-service")["Role"]["Arn"]
        given = self.plane.aws("sts").assume_role(RoleArn=role, RoleSessionName="demo")["Credentials"]
        import boto3
        from botocore.exceptions import ClientError

        session = boto3.Session(
            given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], self.plane.file.region
        )
        client = session.client("dynamodb", endpoint_url=self.plane.file.aws_endpoint_url)
        try:
            client.scan(TableName=f"{self.stack(other)}-items", Limit=1)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "yes"

    def protect(self, id: str, *, protected: bool) -> None:
        self.plane.aws("cloudformation").update_termination_protection(
            StackName=self.stack(id), EnableTerminationProtection=protected
        )

    def failed_run(self, id: str) -> str | None:
        """Why the flow of a preview failed, if it did."""
        client = self.plane.aws("stepfunctions")
        machine = (
            f"arn:aws:states:{self.plane.file.region}:000000000000:stateMachine:{self.plane.thing(FLOW)}"
        )
        runs = client.list_executions(stateMachineArn=machine, statusFilter="FAILED")["executions"]
        mine = [run for run in runs if run["name"].startswith(f"{id}-")]
        if not mine:
            return None
        shown = client.describe_execution(executionArn=mine[0]["executionArn"])
        return f"{shown.get('error')}: {shown.get('cause')}"

    def left_of(self, id: str) -> list[str]:
        """Names of what is still there of a preview."""
        name = self.stack(id)
        aws = self.plane.aws
        stacks = aws("cloudformation").list_stacks()["StackSummaries"]
        found = [
            *(each["StackName"] for each in stacks if each["StackStatus"] != "DELETE_COMPLETE"),
            *aws("dynamodb").list_tables()["TableNames"],
            *(each["FunctionName"] for each in aws("lambda").list_functions(MaxItems=500)["Functions"]),
            *(each["RoleName"] for each in aws("iam").list_roles(MaxItems=1000)["Roles"]),
            *(each["logGroupName"] for each in aws("logs").describe_log_groups()["logGroups"]),
        ]
        return sorted({each for each in found if name in each})
