"""The one construct that makes functions: nothing else in the app creates a Lambda function."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stacks.acknowledge import acknowledge, acknowledge_wildcards
from stacks.constructs.alarms import Alarms
from stacks.constructs.shared import Code, Plane
from stacks.constructs.triggers import Triggers, make_queue
from stacks.environment import environment
from stacks.grants import statements
from stacks.manifest import BotFolder
from stacks.names import Names
from stacks.staging import Archive

_RUNTIME: Final = lambda_.Runtime.PYTHON_3_13
_ARCHITECTURE: Final = lambda_.Architecture.ARM_64


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
        self.dead_letters = self._dead_letters()
        self._layers: list[lambda_.ILayerVersion] = [
            self._layer("Kernel", code.kernel),
            self._layer("Libraries", code.libraries),
        ]
        if (collector := plane.settings.collector) and collector.layer:
            self._layers.append(
                lambda_.LayerVersion.from_layer_version_arn(self, "Collector", collector.layer)
            )
        self._alarms = Alarms(self, "Alarms", folder=folder, settings=plane.settings, topic=plane.alarms)
        self.worker = self._worker() if folder.has_worker else None
        self.api = self._function(f"{folder.name}-api", "api") if folder.has_api else None
        self._alarms.watch_dead_letters(self.dead_letters)

    def _worker(self) -> lambda_.Function:
        worker = self._function(self.folder.name, "handler")
        triggers = Triggers(
            self,
            "Triggers",
            folder=self.folder,
            plane=self._plane,
            worker=worker,
            dead_letters=self.dead_letters,
        )
        if triggers.queue:
            self._alarms.watch_queue(triggers.queue)
        return worker

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
        for rule in ("AwsSolutions-L1", "Serverless-LambdaLatestVersion"):
            acknowledge(function, rule, "The libraries are locked, with hashes, for this runtime.")
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
        granted = statements(self.folder, self._names, self._plane.resources)
        for statement in granted:
            role.add_to_policy(statement)
        log_group.grant_write(role)
        acknowledge_wildcards(role, ["*"], "X-Ray and ListStreams know no resources.")
        objects = [resource for statement in granted for resource in statement.resources]
        acknowledge_wildcards(role, objects, "Objects are named by what is in them, or by when they came.")
        return role

    def _dead_letters(self) -> sqs.Queue:
        queue = make_queue(
            self,
            "DeadLetters",
            name=f"{self.folder.name}-dlq",
            settings=self._plane.settings,
            removal_policy=self._plane.settings.removal,
            retention_period=Duration.days(14),
        )
        acknowledge(queue, "Serverless-SQSRedrivePolicy", "It is where other queues redrive to.")
        return queue

    def _layer(self, id: str, archive: Archive) -> lambda_.LayerVersion:
        return lambda_.LayerVersion(
            self,
            id,
            code=lambda_.Code.from_asset(str(archive.path)),
            compatible_runtimes=[_RUNTIME],
            compatible_architectures=[_ARCHITECTURE],
            description=f"{id} {archive.digest[:16]}",
        )
