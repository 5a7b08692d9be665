"""The one construct that makes state machines: nothing else in the app creates one."""

from __future__ import annotations

from typing import Final

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as stepfunctions
from constructs import Construct

from stacks import metrics
from stacks.acknowledge import acknowledge_wildcards
from stacks.constructs.shared import Plane
from stacks.flows import Flow
from stacks.grants import flow_statements
from stacks.names import Names

# By a person it is stopped on purpose, so that this is not among them.
WATCHED: Final = ("ExecutionsFailed", "ExecutionsTimedOut", "ExecutionThrottled")
# Log groups of vended logs are spared the limit of ten policies a region:
# https://docs.aws.amazon.com/step-functions/latest/dg/bp-cwl.html
LOGS: Final = "/aws/vendedlogs/states"


class StateMachine(Construct):
    """A flow deployed: the machine, its role, its log group, its alarms."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        flow: Flow,
        plane: Plane,
        boundary: iam.IManagedPolicy,
        runbook: str,
    ) -> None:
        super().__init__(scope, id)
        self._boundary = boundary
        self._flow, self._plane, self._runbook = flow, plane, runbook
        self._names = Names.of(plane.settings)
        role = self._role()
        machine = stepfunctions.CfnStateMachine(
            self,
            "Machine",
            state_machine_name=self._names.thing(flow.name),
            state_machine_type="STANDARD",
            role_arn=role.role_arn,
            definition_string=flow.text,
            definition_substitutions={
                f"function.{bot}": self._names.function_arn(bot) for bot in flow.functions
            },
            logging_configuration=self._logging(),
            tracing_configuration=stepfunctions.CfnStateMachine.TracingConfigurationProperty(enabled=True),
        )
        machine.node.add_dependency(
            role
        )  # with its policy, which the service tries when it makes the machine
        for name in WATCHED:
            self._alarm(name)

    def _role(self) -> iam.Role:
        role = iam.Role(
            self,
            "Role",
            role_name=self._names.flow_role(self._flow.name),
            assumed_by=iam.ServicePrincipal("states.amazonaws.com"),
            permissions_boundary=self._boundary,
            description=f"{self._flow.name}: {self._flow.summary}",
        )
        for statement in flow_statements(self._flow, self._names):
            role.add_to_policy(statement)
        acknowledge_wildcards(role, ["*"], "X-Ray and the delivery of logs know no resources.")
        return role

    def _logging(self) -> stepfunctions.CfnStateMachine.LoggingConfigurationProperty:
        """Every step, without its data: the token of a step that waits is a secret."""
        group = logs.LogGroup(
            self,
            "Logs",
            log_group_name=f"{LOGS}/{self._names.thing(self._flow.name)}",
            retention=self._plane.settings.log_retention,
            removal_policy=self._plane.settings.removal,
        )
        part = stepfunctions.CfnStateMachine
        destination = part.LogDestinationProperty(
            cloud_watch_logs_log_group=part.CloudWatchLogsLogGroupProperty(log_group_arn=group.log_group_arn)
        )
        return part.LoggingConfigurationProperty(
            level="ALL", include_execution_data=False, destinations=[destination]
        )

    def _alarm(self, metric: str) -> None:
        alarm = cloudwatch.Alarm(
            self,
            metric,
            alarm_name=self._names.thing(f"flow-{self._flow.name}-{metric.lower()}"),
            alarm_description=f"The flow {self._flow.name}: {metric}. Runbook: {self._runbook}",
            metric=metrics.of_flow(self._names.flow_arn(self._flow.name), metric),
            threshold=1,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(self._plane.alarms))
        alarm.add_ok_action(actions.SnsAction(self._plane.alarms))
