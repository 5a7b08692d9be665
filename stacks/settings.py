"""Everything that differs between environments, typed, in one place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from aws_cdk import CfnCondition, CfnResource, Environment, Fn, RemovalPolicy, Stack


class Feature(StrEnum):
    """What a deployment target may refuse. The template holds it all the same, under a false condition."""

    ARCHIVE = "Archive"
    SCHEMAS = "Schemas"
    ALARM_MATH = "AlarmMath"


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
        Whether it knows the condition keys of `events:PutEvents`.
    linked_layer
        Whether functions see this machine's files, so that the dependency layer can be a link.
    """

    name: str
    refuses: frozenset[Feature] = frozenset()
    tls: bool = True
    event_conditions: bool = True
    linked_layer: bool = False


AWS: Final = Target("aws")
EMULATOR: Final = Target(
    "emulator", refuses=frozenset(Feature), tls=False, event_conditions=False, linked_layer=True
)
LOCALSTACK: Final = Target("localstack", refuses=frozenset(Feature), tls=False, event_conditions=False)
TARGETS: Final = {target.name: target for target in (AWS, EMULATOR, LOCALSTACK)}


@dataclass(frozen=True)
class Settings:
    """Settings of one environment. Days are calendar days."""

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
    change_windows: tuple[dict[str, Any], ...] = ()

    @property
    def removal(self) -> RemovalPolicy:
        return RemovalPolicy.RETAIN if self.protected else RemovalPolicy.DESTROY

    @property
    def log_origin(self) -> str:
        """The log's base URL without its scheme, which is also the name on its checkpoints."""
        return f"log.{self.domain}/{self.env}"

    @property
    def identity_base(self) -> str:
        """What the URI of every bot's certificate begins with."""
        return f"https://{self.domain}/bots/"

    def environment(self) -> Environment | None:
        """A concrete account and region where they are fixed; else the template serves any."""
        return Environment(account=self.account, region=self.region) if self.account else None

    def where_accepted(self, resource: Any, feature: Feature) -> None:
        """Put a resource under the condition that the target accepts `feature`."""
        resource = resource if isinstance(resource, CfnResource) else resource.node.default_child
        stack = Stack.of(resource)
        condition = stack.node.try_find_child(feature.value) or CfnCondition(
            stack,
            feature.value,
            expression=Fn.condition_equals("refused" if feature in self.target.refuses else "accepted", "accepted"),
        )
        resource.cfn_options.condition = condition


_DOMAIN: Final = "writ.example"
_WORKING_HOURS: Final = (
    {"days": ["mon", "tue", "wed", "thu"], "from": "08:00", "to": "18:00", "zone": "UTC"},
)

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
            rate=2000,
            burst=5000,
        ),
        Settings(env="dev", target=AWS, domain=_DOMAIN, log_days=14, second_factor=False),
        Settings(env="staging", target=AWS, domain=_DOMAIN, anchor_lock_days=30),
        Settings(
            env="prod",
            target=AWS,
            domain=_DOMAIN,
            log_days=365,
            archive_days=365,
            anchor_lock_days=3650,
            rate=500,
            burst=1000,
            change_windows=_WORKING_HOURS,
        ),
    )
}


def settings_for(env: str | None, target: str | None = None) -> Settings:
    """The settings of `-c env=…`; `-c target=…` sends them somewhere else, e.g. to LocalStack.

    Raises ValueError, with the names that exist, for a name that does not.
    """
    if env not in _ENVIRONMENTS:
        raise ValueError(f"-c env={env}: choose one of {', '.join(_ENVIRONMENTS)}")
    settings = _ENVIRONMENTS[env]
    if target is None:
        return settings
    if target not in TARGETS:
        raise ValueError(f"-c target={target}: choose one of {', '.join(TARGETS)}")
    return replace(settings, target=TARGETS[target])
