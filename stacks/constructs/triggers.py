"""What wakes a bot: events, schedules, alarms through its queue; a table's stream and logs directly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_logs as logs
from aws_cdk import aws_logs_destinations as log_destinations
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stacks.acknowledge import acknowledge
from stacks.constructs.shared import Plane
from stacks.manifest import BotFolder
from stacks.names import Names
from stacks.settings import Settings
from writ.contracts.events.platform import tick
from writ.runtime.batch import MAX_RECEIVES
from writ.runtime.bot import RESUMING

_VISIBILITY_FACTOR: Final = 6  # https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html


class Triggers(Construct):
    """Made beside a bot's worker; `queue` is there if anything but a stream wakes it."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        folder: BotFolder,
        plane: Plane,
        worker: lambda_.Function,
        dead_letters: sqs.Queue,
    ) -> None:
        super().__init__(scope, id)
        self._folder = folder
        self._manifest = folder.manifest
        self._plane = plane
        self._worker = worker
        self._dead_letters = dead_letters
        self.queue = self._feed_from_queue() if folder.has_queue else None
        for trigger in self._manifest.triggers:
            if trigger.stream:
                self._feed_from_stream(trigger.stream)
            elif trigger.metrics:
                self._feed_from_logs()

    def _feed_from_queue(self) -> sqs.Queue:
        timeout = self._manifest.timeout_s
        queue = make_queue(
            self,
            "Queue",
            name=self._folder.name,
            settings=self._plane.settings,
            removal_policy=RemovalPolicy.DESTROY,
            visibility_timeout=Duration.seconds(timeout * _VISIBILITY_FACTOR),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self._dead_letters, max_receive_count=MAX_RECEIVES),
        )
        self._add(
            sources.SqsEventSource(
                queue,
                batch_size=10,
                report_batch_item_failures=True,
                max_concurrency=self._manifest.concurrency,
            ),
            "A queue has no destination but its redrive policy, which leads to the dead-letter queue.",
        )
        self._worker.add_environment("WRIT_QUEUE_URL", queue.queue_url)
        self._subscribe(queue)
        return queue

    def _feed_from_stream(self, table: str) -> None:
        self._add(
            sources.DynamoEventSource(
                self._plane.streams[table],
                starting_position=lambda_.StartingPosition.TRIM_HORIZON,
                batch_size=1000,
                max_batching_window=Duration.seconds(1),
            ),
            "A batch is tried until it succeeds: no entry of the ledger may be passed over.",
        )

    def _feed_from_logs(self) -> None:
        """Lines in the embedded metric format, which is known by the name of one of its members."""
        destination = log_destinations.LambdaDestination(self._worker)
        for function in self._plane.measured:
            name = f"/aws/lambda/{Names.of(self._plane.settings).thing(function)}"
            logs.SubscriptionFilter(
                self,
                f"Metrics-{function}",
                log_group=logs.LogGroup.from_log_group_name(self, f"Logs-{function}", name),
                destination=destination,
                filter_pattern=logs.FilterPattern.all_terms("CloudWatchMetrics"),
            )

    def _add(self, source: lambda_.IEventSource, no_destination: str) -> None:
        before = {child.node.id for child in self._worker.node.children}
        self._worker.add_event_source(source)
        for child in self._worker.node.children:
            if child.node.id not in before:
                acknowledge(child, "Serverless-LambdaEventSourceMappingDestination", no_destination)

    def _subscribe(self, queue: sqs.Queue) -> None:
        plain = targets.SqsQueue(queue, dead_letter_queue=self._dead_letters)
        for number, trigger in enumerate(self._manifest.triggers):
            if trigger.event:
                data = {"data": _nested(trigger.where)} if trigger.where else None
                self._rule(f"Event{number}", plain, detail_type=[trigger.event], detail=data)
            elif trigger.schedule:
                self._tick(f"Schedule{number}", trigger.schedule, queue)
            elif trigger.alarms:
                self._plane.alarms.add_subscription(
                    subscriptions.SqsSubscription(
                        queue, raw_message_delivery=True, dead_letter_queue=self._dead_letters
                    )
                )
        if self._manifest.actions:
            own = {"data": {"bot": [self._folder.name]}}
            self._rule("Resumed", plain, detail_type=list(RESUMING), detail=own)

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
        due = tick(schedule, id=events.EventField.event_id, time=events.EventField.time)
        target = targets.SqsQueue(
            queue, message=events.RuleTargetInput.from_object(due), dead_letter_queue=self._dead_letters
        )
        events.Rule(self, id, schedule=events.Schedule.expression(schedule), targets=[target])


def make_queue(scope: Construct, id: str, *, name: str, settings: Settings, **props: Any) -> sqs.Queue:
    """A queue, encrypted, and reached over TLS wherever the target has it."""
    queue = sqs.Queue(
        scope,
        id,
        queue_name=Names.of(settings).thing(name),
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=settings.target.tls,
        **props,
    )
    if not settings.target.tls:
        acknowledge(queue, "AwsSolutions-SQS4", "The target has no TLS; it listens on loopback only.")
    return queue


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
