"""Everything that differs between environments, typed, in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final, TypeVar

from aws_cdk import CfnCondition, CfnParameter, CfnResource, Environment, Fn, RemovalPolicy, Stack
from aws_cdk.aws_logs import RetentionDays
from constructs import IConstruct

from writ.contracts.anchor import AnchorSite
from writ.contracts.dependency_site import DependencySite
from writ.contracts.forge_site import ForgeSite
from writ.contracts.retirement import KeyKind, Retirement, generation
from writ.contracts.workflow_site import WorkflowSite


class Feature(StrEnum):
    """What a deployment target may refuse. The template holds it all the same, under a false condition."""

    ARCHIVE = "Archive"
    SCHEMAS = "Schemas"
    ALARM_MATH = "AlarmMath"

    @property
    def description(self) -> str:
        return {"Archive": "event archives", "Schemas": "schema registries"}.get(
            self.value, "alarms on expressions and on other alarms"
        )


@dataclass(frozen=True)
class Target:
    """What a template is deployed to, and the little in which that is not AWS.

    Parameters
    ----------
    refuses
        Resource types the target rejects a whole stack for.
    tls
        Whether clients reach it over TLS; where they do not, a policy that insists on it locks them out.
    event_conditions
        Whether it knows the condition keys of `events:PutEvents` and `cloudwatch:PutMetricData`.
    embedded_metrics
        Whether it makes metrics of log lines in the embedded metric format; else a function does.
    session_principals
        Whether `aws:PrincipalArn` is the ARN of a role's session, where AWS has that of the role.
    task_resources
        Whether it knows which machine a task token is of; else who may send one back may send back any.
    ed25519
        Whether its KMS has Ed25519 keys.
    flag_arns
        Whether reading flags is granted by configuration; where it is not known, for all.
    trimmed_counts
        Whether CloudWatch counts the values below a limit; the emulator answers with their average.
    linked_layer
        Whether functions see this machine's files, so that the dependency layer can be a link.
    """

    name: str
    refuses: frozenset[Feature] = frozenset()
    tls: bool = True
    event_conditions: bool = True
    embedded_metrics: bool = True
    session_principals: bool = False
    task_resources: bool = True
    ed25519: bool = True
    flag_arns: bool = True
    trimmed_counts: bool = True
    linked_layer: bool = False


_RETENTION: Final = {
    7: RetentionDays.ONE_WEEK,
    14: RetentionDays.TWO_WEEKS,
    90: RetentionDays.THREE_MONTHS,
    365: RetentionDays.ONE_YEAR,
}
AWS: Final = Target("aws")
EMULATOR: Final = Target(
    "emulator",
    refuses=frozenset(Feature),
    tls=False,
    event_conditions=False,
    embedded_metrics=False,
    session_principals=True,
    task_resources=False,
    flag_arns=False,
    trimmed_counts=False,
    linked_layer=True,
)
LOCALSTACK: Final = Target(
    "localstack",
    refuses=frozenset(Feature),
    tls=False,
    event_conditions=False,
    ed25519=False,
    trimmed_counts=False,
)
TARGETS: Final = {target.name: target for target in (AWS, EMULATOR, LOCALSTACK)}


@dataclass(frozen=True)
class Collector:
    """What takes the spans of functions, over OTLP/HTTP in JSON.

    `layer` is the ARN of a layer version with an OpenTelemetry collector, which then runs beside every
    function and listens at `endpoint`; without a layer the endpoint is somewhere else, reached over TLS.
    https://opentelemetry.io/docs/platforms/faas/lambda-collector/
    """

    layer: str | None = None
    endpoint: str = "http://127.0.0.1:4318"


@dataclass(frozen=True)
class Settings:
    """Settings of one environment. Days are calendar days.

    `plane`: whether it is a control plane. `witness`: whether it has a witness, beside the plane or alone.
    `anchor`: the repository on GitHub that shows its checkpoints, `AnchorSite(repository="acme/shop")` say;
    without one they are posted nowhere.
    `collector`: what takes spans; without one none are recorded, and traces are handed on all the same.
    `trace_ratio`: the share of traces that is kept, 0 to 1; of others what failed is kept, and what follows.
    `forge`: the API of the forge whose pull requests are commented on, `ForgeSite()` for GitHub; without one
    notes are kept and nothing is posted.
    `dependencies`: the repositories whose dependencies are bumped, and the indexes that are asked about them,
    `DependencySite(repositories=("acme/shop",), pypi=…, npm=…)`; no index has an address of its own accord.
    `workflows`: the repositories whose workflows may call as themselves,
    `WorkflowSite(repositories=("acme/*",), gates=…)`; without them only people may call.
    `services`: what the names of functions begin with whose releases are rolled out and back, and those of
    tables whose items are migrated.
    `retired`: signing keys that were replaced, by kind, the oldest first; each makes room for a new key, and
    none is ever taken out again. docs/runbooks/key-rotation.md says how.
    """

    env: str
    target: Target
    domain: str
    account: str | None = None
    region: str | None = None
    protected: bool = True
    log_days: int = 90
    archive_days: int = 30
    anchor_lock_days: int = 1
    burst: int = 200
    rate: int = 100
    second_factor: bool = True
    plane: bool = True
    witness: bool = False
    anchor: AnchorSite | None = None
    collector: Collector | None = None
    trace_ratio: float = 1.0
    forge: ForgeSite | None = None
    dependencies: DependencySite | None = None
    workflows: WorkflowSite | None = None
    services: str = "service-"
    retired: Mapping[KeyKind, tuple[Retirement, ...]] = field(default_factory=dict)

    @property
    def removal(self) -> RemovalPolicy:
        return RemovalPolicy.RETAIN if self.protected else RemovalPolicy.DESTROY

    @property
    def log_retention(self) -> RetentionDays:
        return _RETENTION[self.log_days]

    @property
    def log_origin(self) -> str:
        """The log's base URL without its scheme, which is also the name on its checkpoints."""
        return f"log.{self.domain}/{self.env}"

    @property
    def identity_base(self) -> str:
        """What the URI of every bot's certificate begins with."""
        return f"https://{self.domain}/bots/"

    @property
    def witness_name(self) -> str:
        """What a witness of this environment calls itself in its cosignatures."""
        return f"witness.{self.domain}/{self.env}"

    @property
    def apart(self) -> Settings:
        """The settings of what stands apart from the plane, under names of its own."""
        return replace(self, env=f"{self.env}-witness") if self.plane else self

    @property
    def issuer(self) -> str:
        """Who vouches in a bot's certificate that the bot is who it says."""
        return f"https://{self.domain}/{self.env}/authority"

    @property
    def sessions(self) -> str:
        """Changes when sessions must begin anew, because the keys that certified them are gone."""
        return "".join(
            f"{kind}{generation(self.retired, kind)}" for kind in ("ca", "ct") if self.retired.get(kind)
        )

    def environment(self) -> Environment | None:
        """A concrete account and region where they are fixed; else the template serves any."""
        return Environment(account=self.account, region=self.region) if self.account else None

    def where_accepted(self, resource: IConstruct, feature: Feature) -> None:
        """Keep a resource in the template, but create it only where the target accepts `feature`."""
        child = resource if isinstance(resource, CfnResource) else resource.node.default_child
        if not isinstance(child, CfnResource):
            raise TypeError(f"{resource.node.path} is not a resource")
        stack = Stack.of(child)
        found = stack.node.try_find_child(f"Has{feature.value}")
        child.cfn_options.condition = (
            found if isinstance(found, CfnCondition) else self._condition(stack, feature)
        )

    def _condition(self, stack: Stack, feature: Feature) -> CfnCondition:
        accepts = CfnParameter(
            stack,
            f"Accepts{feature.value}",
            default="false" if feature in self.target.refuses else "true",
            allowed_values=["true", "false"],
            description=f"Whether the deployment target has {feature.description}.",
        )
        is_true = Fn.condition_equals(accepts.value_as_string, "true")
        return CfnCondition(stack, f"Has{feature.value}", expression=is_true)


SiteT = TypeVar("SiteT", ForgeSite, AnchorSite)
_DOMAIN: Final = "writ.example"
_ENVIRONMENTS: Final = {
    settings.env: settings
    for settings in (
        Settings(
            env="local",
            target=EMULATOR,
            domain=_DOMAIN,
            account="000000000000",
            region="us-east-1",
            protected=False,
            log_days=7,
            second_factor=False,
            witness=True,
            # The local forge, which only gets its address when it starts, vouches for runs as well.
            forge=ForgeSite(api="stored"),
            anchor=AnchorSite(repository="writ/log", api="stored"),
            workflows=WorkflowSite(issuer=f"https://forge.{_DOMAIN}", repositories=("*/*",), gates=("**",)),
            rate=2000,
            burst=5000,
        ),
        Settings(env="dev", target=AWS, domain=_DOMAIN, log_days=14),
        Settings(env="staging", target=AWS, domain=_DOMAIN, anchor_lock_days=30),
        Settings(
            env="prod",
            target=AWS,
            domain=_DOMAIN,
            log_days=365,
            archive_days=365,
            anchor_lock_days=3650,
            trace_ratio=0.05,
            rate=500,
            burst=1000,
        ),
        # A witness alone, for an account that the witnessed plane has no say in.
        Settings(env="witness", target=AWS, domain=_DOMAIN, log_days=365, plane=False, witness=True),
    )
}


def settings_for(env: str | None, target: str | None = None) -> Settings:
    """The settings of `-c env=…`; `-c target=…` sends them somewhere else, e.g. to LocalStack.

    Raises ValueError, with the names that exist, for a name that does not.
    """
    if env not in _ENVIRONMENTS:
        raise ValueError(f"-c env={env or ''}: choose one of {', '.join(_ENVIRONMENTS)}")
    settings = _ENVIRONMENTS[env]
    if target is None:
        return settings
    if target not in TARGETS:
        raise ValueError(f"-c target={target}: choose one of {', '.join(TARGETS)}")
    chosen = TARGETS[target]
    if chosen.linked_layer:
        return replace(settings, target=chosen)
    # What listens on this machine alone is out of reach for functions that run in containers.
    return replace(settings, target=chosen, forge=_afar(settings.forge), anchor=_afar(settings.anchor))


def _afar(site: SiteT | None) -> SiteT | None:
    return None if site is not None and site.api == "stored" else site
