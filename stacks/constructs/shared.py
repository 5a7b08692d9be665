"""What every bot shares with the others, and what each one runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns

from stacks.grants import Resources
from stacks.settings import Settings
from stacks.staging import Archive


@dataclass(frozen=True)
class Plane:
    """What every bot shares: the bus, the tables with a stream, the boundary, where alarms go.

    `bus` is None where nothing is woken by events. `measured` are the functions whose logs hold metrics that
    somebody reads.
    """

    settings: Settings
    bus: events.IEventBus | None
    streams: Mapping[str, dynamodb.ITable]
    boundary: iam.IManagedPolicy
    alarms: sns.ITopic
    resources: Resources
    measured: Sequence[str]


@dataclass(frozen=True)
class Code:
    """The archives one bot runs: its own modules, the kernel, the libraries."""

    own: Archive
    kernel: Archive
    libraries: Archive

    @property
    def archives(self) -> tuple[Archive, ...]:
        return (self.own, self.kernel, self.libraries)
