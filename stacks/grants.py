"""The only place that turns the verbs of a manifest into IAM statements.

read, append, upsert (tables and buckets), bulk, remove, scan (tables), cosign, trust, seed (buckets), sign,
public, seal, open (keys), secret, start (flows, and look at them), invoke (functions), read, shift, call
(services),
read, edit (data, the services' tables), put, read (metrics), read, set (flags), manage, seed, call
(previews), emit (the bus). Secrets and parameters that a manifest names are read. What a verb does not say, a
function cannot do. A flow may call the bots it names. `preview_grants` has what previews take. Taking
messages off its queue, and saying when one comes back, comes to a worker with its event source.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from aws_cdk.aws_iam import PolicyStatement

from stacks.flows import Flow
from stacks.manifest import BotFolder
from stacks.names import Names
from stacks.preview_grants import preview_statements
from stacks.statement import allow
from stacks.tables import INDEXES
from writ.contracts.flag_site import FlagSite
from writ.contracts.manifest import Manifest
from writ.contracts.preview_site import SEED_SETS
from writ.ledger.logcopy import CHECKPOINT, TRUST_ROOT

_TABLE_ACTIONS: Final = {
    "read": ("BatchGetItem", "ConditionCheckItem", "GetItem", "Query"),
    "append": ("ConditionCheckItem", "PutItem"),
    "upsert": ("ConditionCheckItem", "PutItem", "UpdateItem"),
    # Many puts in one request; it can delete as well, so only for what can be rebuilt.
    "bulk": ("BatchWriteItem",),
    "remove": ("DeleteItem",),
    # All of a table, for one that nothing but its key leads into.
    "scan": ("Scan",),
}
_BUCKET_ACTIONS: Final = {"read": ("GetObject",), "append": ("PutObject",), "upsert": ("PutObject",)}
# A verb for one object of a bucket only, or for versions of those below one prefix.
_OBJECT_ACTIONS: Final = {
    "cosign": ("PutObject", CHECKPOINT),
    "trust": ("GetObject", TRUST_ROOT),
    "seed": ("GetObjectVersion", f"{SEED_SETS}*"),
}
_KEY_ACTIONS: Final = {
    "sign": ("kms:Sign",),
    "public": ("kms:GetPublicKey",),
    "open": ("kms:Decrypt",),
    "seal": ("kms:Decrypt", "kms:GenerateDataKey"),
}
_SERVICE_ACTIONS: Final = {
    "read": ("lambda:GetAlias", "lambda:ListAliases"),  # the emulator asks for the second to read one
    "shift": ("lambda:UpdateAlias",),
    "call": ("lambda:InvokeFunction",),
}
# Neither puts an item in nor takes one out.
_DATA_ACTIONS: Final = {
    "read": ("dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:Scan"),
    "edit": ("dynamodb:UpdateItem",),
}

# What the loop itself touches for a bot that takes actions, whatever its manifest says.
KERNEL_TABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "actions": ("read", "upsert"),
    "approvals": ("read", "upsert"),
    "controls": ("read",),  # pauses, freezes and exceptions: a bot that could write them had no limits
    "entries": ("read", "append"),
    "subjects": ("read", "append"),
    "usage": ("read", "upsert"),
}
# Evidence about people is sealed with their keys.
KERNEL_KEYS: Final[Mapping[str, tuple[str, ...]]] = {"subjects": ("seal",)}
KERNEL_EVENTS: Final = ("ActionCompleted.v1", "ApprovalRequested.v1")
AUTHORITY: Final = "authority"
RECONCILER: Final = "reconciler"
LOG_DELIVERY: Final = (
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
)
TRACES: Final = (
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
)
METRICS_NAMESPACE: Final = "Writ"


@dataclass(frozen=True)
class Resources:
    """ARNs and ids that only exist once deployed; `replies` are the flows that wait for a folder."""

    keys: Mapping[str, str]
    event_conditions: bool = True
    replies: Mapping[str, Sequence[str]] = field(default_factory=dict)
    task_resources: bool = True
    flags: FlagSite | None = None
    flag_arns: bool = True


@dataclass(frozen=True)
class Needs:
    """A manifest's needs together with those of the kernel."""

    tables: Mapping[str, tuple[str, ...]]
    buckets: Mapping[str, Sequence[str]]
    keys: Mapping[str, Sequence[str]]
    secrets: Sequence[str]
    flows: Sequence[str]
    functions: Sequence[str]
    emits: Sequence[str]


def needs_of(folder: BotFolder) -> Needs:
    """What the functions of a folder may touch."""
    manifest = folder.manifest
    tables: dict[str, tuple[str, ...]] = {name: tuple(verbs) for name, verbs in manifest.needs.tables.items()}
    if manifest.actions:
        for name, verbs in KERNEL_TABLES.items():
            tables[name] = tuple(sorted({*verbs, *tables.get(name, ())}))
    keys: dict[str, tuple[str, ...]] = {name: tuple(verbs) for name, verbs in manifest.needs.keys.items()}
    if manifest.actions:
        for name, verbs in KERNEL_KEYS.items():
            keys[name] = tuple(sorted({*verbs, *keys.get(name, ())}))
    functions = {*manifest.needs.functions, *((AUTHORITY,) if folder.signs else ())}
    return Needs(
        tables=dict(sorted(tables.items())),
        buckets=manifest.needs.buckets,
        keys=dict(sorted(keys.items())),
        secrets=manifest.needs.secrets,
        flows=manifest.needs.flows,
        functions=sorted(functions),
        emits=sorted({*manifest.emits, *(KERNEL_EVENTS if manifest.actions else ())}),
    )


def statements(folder: BotFolder, names: Names, resources: Resources) -> list[PolicyStatement]:
    """The statements of the role of every function in a folder."""
    needs = needs_of(folder)
    return [
        *_tables(needs.tables, names),
        *_buckets(needs.buckets, names),
        *_keys(needs.keys, resources.keys),
        *allow("Secrets", ["secretsmanager:GetSecretValue"], [names.secret_arn(s) for s in needs.secrets]),
        *allow(
            "Parameters",
            ["ssm:GetParameter"],
            [names.parameter_arn(name) for name in folder.manifest.needs.parameters],
        ),
        *_flows(needs.flows, names),
        *reply(resources.replies.get(folder.name, ()), names, resources.task_resources),
        *allow("Functions", ["lambda:InvokeFunction"], [names.function_arn(f) for f in needs.functions]),
        *serve([folder.manifest], names),
        *measure(folder.manifest, resources.event_conditions),
        *preview_statements([folder.manifest], names, resources.event_conditions),
        *flag_statements(folder.manifest.needs.flags, names, resources.flags, resources.flag_arns),
        *_emit(folder.manifest, needs.emits, names, resources.event_conditions),
    ]


def _tables(tables: Mapping[str, Iterable[str]], names: Names) -> Iterator[PolicyStatement]:
    for name, verbs in tables.items():
        actions = sorted({f"dynamodb:{action}" for verb in verbs for action in _TABLE_ACTIONS[verb]})
        arn = names.table_arn(name)
        indexes = [f"{arn}/index/{index}" for index in INDEXES[name] if "read" in verbs]
        yield from allow(f"Table {name}", actions, [arn, *indexes])


def _buckets(buckets: Mapping[str, Sequence[str]], names: Names) -> Iterator[PolicyStatement]:
    for name, verbs in buckets.items():
        actions = {f"s3:{action}" for verb in verbs for action in _BUCKET_ACTIONS.get(verb, ())}
        yield from allow(f"Bucket {name}", sorted(actions), [f"{names.bucket_arn(name)}/*"])
        for action, key in (_OBJECT_ACTIONS[verb] for verb in verbs if verb in _OBJECT_ACTIONS):
            yield from allow(
                f"{key.rstrip('/*')} in {name}", [f"s3:{action}"], [f"{names.bucket_arn(name)}/{key}"]
            )
        if "read" in verbs:  # without it S3 answers a missing object with 403 instead of 404
            yield from allow(f"List {name}", ["s3:ListBucket"], [names.bucket_arn(name)])


def _keys(keys: Mapping[str, Sequence[str]], arns: Mapping[str, str]) -> Iterator[PolicyStatement]:
    for name, verbs in keys.items():
        if name in arns:  # a target may lack the kind of key
            actions = sorted({action for verb in verbs for action in _KEY_ACTIONS[verb]})
            yield from allow(f"Key {name}", actions, [arns[name]])


def _flows(started: Sequence[str], names: Names) -> Iterator[PolicyStatement]:
    yield from allow("Flows", ["states:StartExecution"], [names.flow_arn(flow) for flow in started])
    yield from allow("Runs", ["states:DescribeExecution"], [names.runs_arn(flow) for flow in started])


def reply(flows: Sequence[str], names: Names, task_resources: bool) -> Iterator[PolicyStatement]:
    """Sending back a task token: AWS knows the machine that it is of."""
    arns = [names.flow_arn(flow) for flow in flows]
    yield from allow(
        "Replies", ["states:SendTaskSuccess"], arns if task_resources else ["*"] if flows else []
    )


def replies_of(flows: Sequence[Flow]) -> Mapping[str, Sequence[str]]:
    """Folder → the flows that wait for outcomes of its actions; the reconciler may close any of them."""
    waiting = [flow for flow in flows if flow.answered_by]
    folders = sorted({bot for flow in waiting for bot in flow.answered_by})
    found = {bot: [flow.name for flow in waiting if bot in flow.answered_by] for bot in folders}
    return {**found, RECONCILER: [flow.name for flow in waiting]}


def flow_statements(flow: Flow, names: Names) -> list[PolicyStatement]:
    """The statements of the role of a flow. Logs and traces are delivered for it by services without ARNs.

    https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
    https://docs.aws.amazon.com/step-functions/latest/dg/xray-iam.html
    """
    return [
        *allow("Functions", ["lambda:InvokeFunction"], [names.function_arn(bot) for bot in flow.functions]),
        *allow("Logs", LOG_DELIVERY, ["*"]),
        *allow("Traces", TRACES, ["*"]),
    ]


def measure(manifest: Manifest, conditions: bool) -> Iterator[PolicyStatement]:
    """Metrics have no ARN; their namespace stands for one."""
    operator = "StringEquals" if conditions else "StringEqualsIfExists"
    yield from allow(
        "Metrics",
        ["cloudwatch:PutMetricData"] if "put" in manifest.needs.metrics else [],
        ["*"],
        {operator: {"cloudwatch:namespace": METRICS_NAMESPACE}},
    )


def flag_statements(
    verbs: Collection[str], names: Names, site: FlagSite | None, arns: bool
) -> Iterator[PolicyStatement]:
    """Reading the flags by their sessions, or making and deploying versions of what people set."""
    if site is None:
        return
    application = names.flags_arn(site.application)
    environment = f"{application}/environment/{site.environment}"
    profile = f"{application}/configurationprofile/{site.settings}"
    if "read" in verbs:
        sessions = ["appconfig:GetLatestConfiguration", "appconfig:StartConfigurationSession"]
        read = [f"{environment}/configuration/{name}" for name in (site.declared, site.settings)]
        yield from allow("Read flags", sessions, read if arns else ["*"])
    if "set" in verbs:
        versions = ["CreateHostedConfigurationVersion", "GetConfigurationProfile"]
        versions += ["GetHostedConfigurationVersion", "ListHostedConfigurationVersions"]
        kept = [application, profile, f"{profile}/hostedconfigurationversion/*"]
        yield from allow("Flag versions", [f"appconfig:{action}" for action in versions], kept)
        places = [application, environment, f"{environment}/deployment/*", profile]
        places.append(names.strategy_arn(site.strategy))
        yield from allow("Deploy flags", ["appconfig:ListDeployments", "appconfig:StartDeployment"], places)


def serve(manifests: Iterable[Manifest], names: Names) -> Iterator[PolicyStatement]:
    """The organisation's own functions and tables, whose names begin as the settings say, and all metrics."""
    needs = [manifest.needs for manifest in manifests]
    actions = {action for each in needs for verb in each.services for action in _SERVICE_ACTIONS[verb]}
    yield from allow("Services", sorted(actions), [names.services_arn()])
    data = {action for each in needs for verb in each.data for action in _DATA_ACTIONS[verb]}
    yield from allow("Data", sorted(data), [names.service_tables_arn()])
    reading = any("read" in each.metrics for each in needs)
    yield from allow("Reading metrics", ["cloudwatch:GetMetricData"] if reading else [], ["*"])


def _emit(
    manifest: Manifest, types: Sequence[str], names: Names, conditions: bool
) -> Iterator[PolicyStatement]:
    # Both keys are part of every real PutEvents request, so ...IfExists only matters to a target that
    # knows neither of them and would refuse all.
    operator = "StringEquals" if conditions else "StringEqualsIfExists"
    yield from allow(
        "Bus",
        ["events:PutEvents"],
        [names.bus_arn()] if types else [],
        {operator: {"events:source": f"writ.{manifest.name}", "events:detail-type": list(types)}},
    )
