"""Services to roll releases out on, and users for them: what `writ demo canary` shows them with."""

from __future__ import annotations

import io
import json
import random
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from cli.plane import Plane

ALIAS: Final = "live"
# What the demonstration's functions call slow, in seconds.
SLOW_S: Final = 0.25
_REQUESTS_A_ROUND: Final = 4
_CODE: Final = """
import random, time

def handler(event, context):
    began = time.monotonic()
    print("request")
    {body}
    return {{"seconds": time.monotonic() - began}}
"""
GOOD: Final = "time.sleep(0.01)"
# Each candidate, by what is wrong with it.
CANDIDATES: Final[Mapping[str, str]] = {
    "good": "time.sleep(0.012)",
    "errors": "time.sleep(0.01)\n    if random.random() < 0.3: raise ValueError('bad release')",
    "latency": "time.sleep(0.4)",
    "tail": "time.sleep(0.5 if random.random() < 0.15 else 0.01)",
}


@dataclass
class Users:
    """Requests to services, split by the weights of their aliases.

    AWS splits them itself. The emulator keeps weights and does not split by them, so this reads the alias
    before every request, draws a version, and calls that.
    """

    plane: Plane
    functions: Sequence[str]
    hurt: Counter[str] = field(default_factory=Counter)
    served: Counter[str] = field(default_factory=Counter)
    _counts: Counter[tuple[str, str, str, datetime]] = field(default_factory=Counter)
    _durations: dict[tuple[str, str, datetime], list[float]] = field(default_factory=dict)
    _stopped: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Users:
        self._threads = [threading.Thread(target=self._use, args=(name,)) for name in self.functions]
        self.plane.aws("lambda"), self.plane.aws("cloudwatch")  # clients are made once, and shared
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def _use(self, function: str) -> None:
        chance = random.Random(function)  # noqa: S311
        while not self._stopped.is_set():
            for _ in range(_REQUESTS_A_ROUND):
                self._request(function, chance)
            self._report(function)
            self._stopped.wait(1.0)

    def _request(self, function: str, chance: random.Random) -> None:
        client = self.plane.aws("lambda")
        found = client.get_alias(FunctionName=function, Name=ALIAS)
        weights = (found.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
        version, drawn = str(found["FunctionVersion"]), chance.random()
        for other, weight in weights.items():
            version, drawn = (other, 2.0) if drawn < weight else (version, drawn)
        answer = client.invoke(FunctionName=function, Qualifier=version, Payload=b"{}")
        said = json.loads(answer["Payload"].read() or b"{}")
        failed = "FunctionError" in answer
        slow = not failed and float(said["seconds"]) > SLOW_S
        at = datetime.now(UTC).replace(second=0, microsecond=0)
        with self._lock:
            self.served[function] += 1
            self.hurt[function] += failed or slow
            for metric, count in (("Invocations", 1), ("Errors", failed), ("Slow", slow)):
                self._counts[function, version, metric, at] += int(count)
            if not failed:
                taken = float(said["seconds"]) * 1000
                self._durations.setdefault((function, version, at), []).append(taken)

    def _report(self, function: str) -> None:
        """Hand the figures of a service to CloudWatch, as AWS does with those of Lambda."""
        with self._lock:
            counts = {key: count for key, count in self._counts.items() if key[0] == function}
            durations = {key: taken for key, taken in self._durations.items() if key[0] == function}
            for key in counts:
                del self._counts[key]
            for each in durations:
                del self._durations[each]
        data = [
            _datum(function, version, at, metric, {"Value": float(count), "Unit": "Count"})
            for (_, version, metric, at), count in counts.items()
        ]
        data += [
            _datum(function, version, at, "Duration", {"Values": taken, "Unit": "Milliseconds"})
            for (_, version, at), taken in durations.items()
        ]
        if data:
            self.plane.aws("cloudwatch").put_metric_data(Namespace="AWS/Lambda", MetricData=data)


def _datum(
    function: str, version: str, at: datetime, metric: str, figure: Mapping[str, Any]
) -> dict[str, Any]:
    dimensions = {"FunctionName": function, "Resource": f"{function}:{ALIAS}", "ExecutedVersion": version}
    return {
        "MetricName": metric,
        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
        "Timestamp": at,
        **figure,
    }


def deploy(plane: Plane, function: str, candidate: str) -> tuple[str, str]:
    """A function whose alias serves a good version, and a candidate beside it; returns both versions."""
    client = plane.aws("lambda")
    names = {each["FunctionName"] for each in client.list_functions(MaxItems=500)["Functions"]}
    if function in names:
        client.delete_function(FunctionName=function)
    made = client.create_function(
        FunctionName=function,
        Runtime="python3.13",
        Handler="index.handler",
        Role=_role(plane),
        Timeout=10,
        Code={"ZipFile": _zip(GOOD)},
        Publish=True,
    )
    client.create_alias(FunctionName=function, Name=ALIAS, FunctionVersion=made["Version"])
    client.update_function_code(FunctionName=function, ZipFile=_zip(CANDIDATES[candidate]))
    return str(made["Version"]), str(client.publish_version(FunctionName=function)["Version"])


def wait(seconds: float) -> None:
    """Let users go on."""
    time.sleep(seconds)


def _role(plane: Plane) -> str:
    iam, name = plane.aws("iam"), "service-demo"
    trust: dict[str, Any] = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    roles = {each["RoleName"] for each in iam.list_roles(MaxItems=1000)["Roles"]}
    if name not in roles:
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
    return str(iam.get_role(RoleName=name)["Role"]["Arn"])


def _zip(body: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("index.py", _CODE.format(body=body))
    return data.getvalue()
