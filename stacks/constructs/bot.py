"""The one construct that makes functions: nothing else in the app creates a Lambda function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stacks.constructs.alarms import Alarms
from stacks.environment import environment
from stacks.grants import Resources, statements
from stacks.manifest import BotFolder
from stacks.names import Names
from stacks.settings import Settings
from stacks.staging import Archive

RESUMED_BY: Final = ("ApprovalDecided.v1", "ActionStalled.v1")
MAX_RECEIVES: Final = 5
_VISIBILITY_FACTOR: Final = 6  # https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
_RUNTIME: Final = lambda_.Runtime.PYTHON_3_13
_ARCHITECTURE: Final = lambda_.Architecture.ARM_64


@dataclass(frozen=True)
class Plane:
    """What every bot shares: the bus, the tables with a stream, the boundary, where alarms go."""

    settings: Settings
    bus: events.IEventBus
    streams: Mapping[str, dynamodb.ITable]
    boundary: iam.IManagedPolicy
    alarms: sns.ITopic
    resources: Resources


@dataclass(frozen=True)
class Code:
    """The archives one bot runs: its own modules, the kernel, the libraries."""

    own: Archive
    kernel: Archive
    libraries: Archive

    @property
    def archives(self) -> tuple[Archive, ...]:
        return (self.own, self.kernel, self.libraries)


class Bot(Construct):
    """A folder of functions/ deployed: functions, roles, queue, rules, schedules, logs and alarms."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        folder: BotFolder,
        plane: Plane,
        code: Code,
        extra: Mapping[str, str],
    ) -> None:
        super().__init__(scope, id)
        self.folder = folder
        self._manifest = folder.manifest
        self._plane = plane
        self._names = Names.of(plane.settings)
        self._code = code
        self._extra = extra
        self.dead_letters = self._queue("dlq", retention_period=Duration.days(14))
        self._layers = [self._layer("Kernel", code.kernel), self._layer("Libraries", code.libraries)]
        self._alarms = Alarms(self, "Alarms", folder=folder, settings=plane.settings, topic=plane.alarms)
        self.worker = self._worker() if folder.has_worker else None
        self.api = self._function(f"{folder.name}-api", "api") if folder.has_api else None
        self._alarms.watch_dead_letters(self.dead_letters)

    def _worker(self) -> lambda_.Function:
        worker = self._function(self.folder.name, "handler")
        if self.folder.has_queue:
            self._feed_from_queue(worker)
        for trigger in self._manifest.triggers:
            if trigger.stream:
                worker.add_event_source(
                    sources.DynamoEventSource(
                        self._plane.streams[trigger.stream],
                        starting_position=lambda_.StartingPosition.TRIM_HORIZON,
                        batch_size=1000,
                        max_batching_window=Duration.seconds(1),
                    )
                )
        return worker

    def _feed_from_queue(self, worker: lambda_.Function) -> None:
        timeout = self._manifest.timeout_s
        queue = self._queue(
            None,
            visibility_timeout=Duration.seconds(timeout * _VISIBILITY_FACTOR),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=MAX_RECEIVES),
        )
        worker.add_event_source(
            sources.SqsEventSource(
                queue,
                batch_size=10,
                report_batch_item_failures=True,
                max_concurrency=self._manifest.concurrency,
            )
        )
        worker.add_environment("WRIT_QUEUE_URL", queue.queue_url)
        self._alarms.watch_queue(queue)
        self._subscribe(queue)

    def _subscribe(self, queue: sqs.Queue) -> None:
        plain = targets.SqsQueue(queue, dead_letter_queue=self.dead_letters)
        for number, trigger in enumerate(self._manifest.triggers):
            if trigger.event:
                data = {"data": _nested(trigger.where)} if trigger.where else None
                self._rule(f"Event{number}", plain, detail_type=[trigger.event], detail=data)
            elif trigger.schedule:
                self._tick(f"Schedule{number}", trigger.schedule, queue)
        if self._manifest.actions:
            own = {"data": {"bot": [self.folder.name]}}
            self._rule("Resumed", plain, detail_type=list(RESUMED_BY), detail=own)

    def _rule(self, id: str, target: targets.SqsQueue, **pattern: Any) -> None:
        events.Rule(
            self,
            id,
            event_bus=self._plane.bus,
            event_pattern=events.EventPattern(**pattern),
            targets=[target],
        )

    def _tick(self, id: str, schedule: str, queue: sqs.Queue) -> None:
        """A schedule becomes a typed event in the same queue; its id is the tick's, so retries share it."""
        tick = {
            "detail-type": "ScheduleTicked.v1",
            "source": "writ.scheduler",
            "detail": {
                "meta": {
                    "id": events.EventField.event_id,
                    "time": events.EventField.time,
                    "producer": "scheduler",
                },
                "data": {"schedule": schedule},
            },
        }
        target = targets.SqsQueue(
            queue, message=events.RuleTargetInput.from_object(tick), dead_letter_queue=self.dead_letters
        )
        events.Rule(self, id, schedule=events.Schedule.expression(schedule), targets=[target])

    def _function(self, name: str, module: str) -> lambda_.Function:
        physical = self._names.thing(name)
        log_group = logs.LogGroup(
            self,
            f"Logs-{module}",
            log_group_name=f"/aws/lambda/{physical}",
            retention=self._plane.settings.log_retention,
            removal_policy=self._plane.settings.removal,
        )
        variables = environment(
            self.folder, name, self._plane.settings, self._plane.resources, self._code.archives
        )
        function = lambda_.Function(
            self,
            f"Function-{module}",
            function_name=physical,
            description=self._manifest.summary,
            runtime=_RUNTIME,
            architecture=_ARCHITECTURE,
            code=lambda_.Code.from_asset(str(self._code.own.path)),
            handler=f"functions.{self.folder.name}.{module}.handler",
            layers=self._layers,
            role=self._role(name, module, log_group),
            memory_size=self._manifest.memory_mb,
            timeout=Duration.seconds(self._manifest.timeout_s),
            tracing=lambda_.Tracing.ACTIVE,
            log_group=log_group,
            dead_letter_queue=self.dead_letters,
            environment={**variables, "WRIT_DLQ": self.dead_letters.queue_url, **self._extra},
        )
        self._alarms.watch_function(function, module)
        return function

    def _role(self, name: str, module: str, log_group: logs.LogGroup) -> iam.Role:
        role = iam.Role(
            self,
            f"Role-{module}",
            role_name=self._names.thing(name),
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            permissions_boundary=self._plane.boundary,
            description=f"{self.folder.name}: {self._manifest.summary}",
        )
        for statement in statements(self.folder, self._names, self._plane.resources):
            role.add_to_policy(statement)
        log_group.grant_write(role)
        return role

    def _queue(self, suffix: str | None, **props: Any) -> sqs.Queue:
        name = f"{self.folder.name}-{suffix}" if suffix else self.folder.name
        return sqs.Queue(
            self,
            "DeadLetters" if suffix else "Queue",
            queue_name=self._names.thing(name),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=self._plane.settings.target.tls,
            removal_policy=self._plane.settings.removal if suffix else RemovalPolicy.DESTROY,
            **props,
        )

    def _layer(self, id: str, archive: Archive) -> lambda_.LayerVersion:
        return lambda_.LayerVersion(
            self,
            id,
            code=lambda_.Code.from_asset(str(archive.path)),
            compatible_runtimes=[_RUNTIME],
            compatible_architectures=[_ARCHITECTURE],
            description=f"{id} {archive.digest[:16]}",
        )


def _nested(where: Mapping[str, Any]) -> dict[str, Any]:
    """`{"repository.name": […]}` as the nested pattern EventBridge wants."""
    pattern: dict[str, Any] = {}
    for path, values in where.items():
        *parents, leaf = path.split(".")
        place = pattern
        for parent in parents:
            place = place.setdefault(parent, {})
        place[leaf] = values
    return pattern
