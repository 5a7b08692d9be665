"""Cold starts: a fresh process for every function, stopped where it first opens a connection to AWS."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from stacks.flows import Flow, flows_of
from stacks.manifest import BotFolder, load_folders
from stacks.plane import made_files
from stacks.settings import settings_for
from stacks.staging import Staging
from stacks.tables import BUCKETS, TABLES, WRAPPING_KEYS
from tests.bench.measure import Figure, process_seconds
from tests.bench.sizes import Sizes
from writ.contracts.flag_site import FlagSite
from writ.contracts.manifest import Route

ROOT: Final = Path(__file__).parents[2]
# The interpreter reports every connection before it is made; leaving there counts all that led to it.
_STOP: Final = """
import os, sys
def stop(name, args):
    if name == "socket.connect":
        os.write(1, b"aws")
        os._exit(0)
sys.addaudithook(stop)
"""
_BASELINE: Final = """
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.parser import event_parser
from pydantic import BaseModel
import boto3
class Order(BaseModel):
    id: str
    count: int
logger, metrics, table = Logger(service="bare"), Metrics(namespace="bare"), boto3.client("dynamodb")
@event_parser(model=Order)
def handler(event, context):
    return table.get_item(TableName="orders", Key={"id": {"S": event.id}})
handler({"id": "1", "count": 2}, None)
"""
_FUNCTION: Final = """
import json, time
from types import SimpleNamespace
from functions.{bot}.{module} import handler
context = SimpleNamespace(
    function_name="writ-bench-{bot}", aws_request_id="r-1",
    invoked_function_arn="arn:aws:lambda:us-east-1:000000000000:function:writ-bench-{bot}",
)
now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
answer = handler(json.loads({message!r}.replace("TODAY", now[:8]).replace("NOW", now)), context)
sys.exit(0 if answer.get("statusCode") == 200 else 1)
"""

# What things are called whose id is no action's, by a part of their routes.
_IDS: Final = {"/packs/": f"pack-{'0' * 32}", "/incidents/": "shop-1"}


@dataclass(frozen=True, slots=True)
class Start:
    """One function and the first message it gets."""

    name: str
    script: str


def starts() -> Iterator[Start]:
    """Every deployed function."""
    for folder in load_folders():
        if folder.has_worker:
            yield _start(folder, folder.name, "handler", _message(folder))
        if folder.has_api:
            yield _start(folder, f"{folder.name}-api", "api", _request(folder.manifest.routes))


def measure(sizes: Sizes) -> list[Figure]:
    """Processor time from the start of the process to the first connection, against the bare handler.

    A function that fails before it gets there has no time, and says why.
    """
    wanted = {name for name in sizes.functions.split(",") if name}
    chosen = [start for start in starts() if not wanted or start.name in wanted]
    with TemporaryDirectory() as place:
        env = process(staged(Path(place)))
        broken = {start.name: why for start in chosen if (why := trouble(start, env))}
        scripts = [start.script for start in chosen if start.name not in broken]
        bare, found = process_seconds(_STOP + _BASELINE, scripts, env=env, rounds=sizes.cold_rounds)
    times = iter(found)
    return [
        Figure(
            f"cold start: {start.name}",
            None if start.name in broken else 1000 * next(times),
            "ms CPU",
            1000 * bare,
            baseline=1000 * bare,
            note=broken.get(start.name, ""),
        )
        for start in chosen
    ]


def trouble(start: Start, env: dict[str, str]) -> str | None:
    """Why a function reaches neither AWS nor an answer, for one that fails early would look fast."""
    command = [sys.executable, "-c", start.script]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if not done.returncode:
        return None
    said = (done.stdout + done.stderr).strip().splitlines()
    return f"reached neither AWS nor an answer: {said[-1] if said else done.returncode}"


def staged(place: Path) -> Path:
    """The code of the functions with what synth puts beside it, and in `python` the kernel layer."""
    with zipfile.ZipFile(Staging(place / "stage").kernel().path) as layer:
        layer.extractall(place)
    code = place / "functions"
    shutil.copytree(ROOT / "functions", code, ignore=shutil.ignore_patterns("__pycache__"))
    folders, settings = load_folders(), settings_for("dev")
    for folder in folders:
        for name, data in (made_files(folder, folders, settings) or {}).items():
            (code / folder.name / name).write_bytes(data)
    return place


def _start(folder: BotFolder, name: str, module: str, message: Mapping[str, Any]) -> Start:
    body = _FUNCTION.format(bot=folder.name, module=module, message=json.dumps(message))
    return Start(name, f"{_STOP}os.environ.update({environment(folder, name)!r})\n{body}")


def process(staged: Path) -> dict[str, str]:
    """What the Lambda service and a closed port on this machine stand for."""
    return {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONSAFEPATH": "1",
        "PYTHONPATH": f"{staged}:{staged / 'python'}",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_SESSION_TOKEN": "bench",
        "AWS_LAMBDA_FUNCTION_NAME": "writ-bench",
    }


def environment(folder: BotFolder, function: str) -> dict[str, str]:
    """The variables of a function, with names in place of what is deployed."""
    manifest = folder.manifest
    actions = {name: spec.model_dump(mode="json") for name, spec in manifest.actions.items()}
    return {
        "WRIT_ENV": "bench",
        "WRIT_BOT": manifest.name,
        "WRIT_FUNCTION": function,
        "WRIT_OWNER": manifest.owner,
        "WRIT_CODE_DIGEST": "0" * 64,
        "WRIT_BUS": "writ-bench",
        "WRIT_ACTIONS": json.dumps(actions),
        "WRIT_TABLES": json.dumps({spec.name: f"writ-bench-{spec.name}" for spec in TABLES}),
        "WRIT_BUCKETS": json.dumps({name: f"writ-bench-{name}" for name in BUCKETS}),
        "WRIT_KEYS": json.dumps(dict.fromkeys({*manifest.needs.keys, *WRAPPING_KEYS}, "alias/writ-bench")),
        "WRIT_SECRETS": json.dumps(dict.fromkeys(manifest.needs.secrets, "writ-bench")),
        "WRIT_FUNCTIONS": json.dumps({name: f"writ-bench-{name}" for name in manifest.needs.functions}),
        "WRIT_FLOWS": json.dumps(dict.fromkeys(manifest.needs.flows, "arn:aws:states:e:1:stateMachine:f")),
        "WRIT_FLAGS": json.dumps({part.name: "bench" for part in fields(FlagSite)}),
        "WRIT_PARAMETERS": json.dumps({name: f"/writ/bench/{name}" for name in manifest.needs.parameters}),
        "WRIT_FORGE": "{}",
        "WRIT_DEPENDENCIES": json.dumps({"repositories": ["acme/shop"]}),
        "WRIT_ANCHOR": json.dumps({"repository": "octo/shop"}),
        "WRIT_AUTHORITY": "writ-bench-authority",
        "WRIT_LOG_ORIGIN": "log.writ.example",
        "WRIT_IDENTITY_BASE": "https://writ.example/bots/",
        "WRIT_ISSUER": "https://writ.example/authority",
        "WRIT_IDENTITIES": json.dumps({"writ-bench-backlog": "backlog"}),
        "WRIT_DLQ": "http://127.0.0.1:9/dlq",
        "WRIT_QUEUE_URL": "http://127.0.0.1:9/queue",
        "POWERTOOLS_SERVICE_NAME": manifest.name,
        "PYDANTIC_DISABLE_PLUGINS": "__all__",
    }


def _message(folder: BotFolder) -> dict[str, Any]:
    triggers = folder.manifest.triggers
    for trigger in triggers:
        if trigger.stream:
            keys = {"entry_id": {"S": "act-1.intent"}}
            change = {"Keys": keys, "ApproximateCreationDateTime": 1_800_000_000}
            return {"Records": [{"eventSource": "aws:dynamodb", "eventName": "INSERT", "dynamodb": change}]}
        if trigger.metrics:
            return _delivery()
    if folder.name == "notary":
        return {"index": 0}
    if not triggers and not folder.manifest.actions:
        return _certification()
    if not triggers and (flow := _flow_of(folder)) is not None:
        return _step(flow)
    types = [trigger.event for trigger in triggers if trigger.event]
    kind = types[0] if types else "ScheduleTicked.v1" if triggers else "ApprovalDecided.v1"
    detail = _sample(kind)
    if "deleted" in detail["data"]:  # what is gone is of interest to nobody
        detail["data"]["deleted"] = False
    body = json.dumps({"detail-type": kind, "detail": detail})
    return {"Records": [{"messageId": "m", "body": body, "attributes": {"ApproximateReceiveCount": "1"}}]}


def _sample(kind: str) -> dict[str, Any]:
    [sample] = ROOT.glob(f"events/*/{kind}.sample.json")
    found: dict[str, Any] = json.loads(sample.read_text(encoding="utf-8"))
    return found


def _flow_of(folder: BotFolder) -> Flow | None:
    """The flow whose steps a folder takes."""
    return next((flow for flow in flows_of(load_folders()) if folder.name in flow.functions), None)


def _step(flow: Flow) -> dict[str, Any]:
    """Its first step."""
    kind = flow.events[0]
    place = {"flow": flow.name, "execution": "thing-1", "state": "Begin"}
    return {"step": {**place, "type": kind, "data": _sample(kind)["data"]}}


def _delivery() -> dict[str, Any]:
    """One line with a metric, as a log's subscription delivers it."""
    import gzip
    from base64 import b64encode

    metric = {"Namespace": "Writ", "Dimensions": [["bot"]], "Metrics": [{"Name": "EventsHandled"}]}
    meta = {"Timestamp": 1_800_000_000_000, "CloudWatchMetrics": [metric]}
    line = json.dumps({"_aws": meta, "bot": "backlog", "EventsHandled": [1]})
    content = json.dumps({"logEvents": [{"message": line}]}).encode()
    return {"awslogs": {"data": b64encode(gzip.compress(content, mtime=0)).decode()}}


def _certification() -> dict[str, Any]:
    """A well-made question to the authority."""
    from base64 import b64encode

    from writ.ledger.session import new_session_key, public_der

    query = (
        "Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256"
        "&X-Amz-Credential=bench%2FTODAY%2Fus-east-1%2Fsts%2Faws4_request&X-Amz-Date=NOW"
        "&X-Amz-Expires=60&X-Amz-SignedHeaders=host%3Bx-writ-authority%3Bx-writ-key&X-Amz-Security-Token=bench"
        f"&X-Amz-Signature={'0' * 64}"
    )
    return {"public_key": b64encode(public_der(new_session_key())).decode(), "proof": query}


def _request(routes: list[Route]) -> dict[str, Any]:
    """The first route that reads, without a parameter if there is one; else the first of all."""
    key = min((r.route for r in routes), key=lambda route: (not route.startswith("GET"), "{" in route))
    method, path = key.split(" ")
    id = next((id for part, id in _IDS.items() if part in path), f"act-{'0' * 32}")
    given = {"id": id, "index": "0", "name": "backlog"}
    return {
        "version": "2.0",
        "routeKey": key,
        "rawPath": path.format_map(given),
        "pathParameters": given,
        "headers": {"content-type": "application/json"},
        "requestContext": {
            "http": {"method": method, "path": path.format_map(given)},
            "stage": "$default",
            "requestId": "r-1",
            "authorizer": {"jwt": {"claims": {"sub": "s-1", "username": "operator"}}},
        },
        "body": "{}" if method == "POST" else "",
        "isBase64Encoded": False,
    }
