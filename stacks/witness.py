"""A witness: one stack with its key, its memory and its address, in this account or in anybody's.

It takes nothing from the plane and gives nothing to it but cosignatures. Which logs it watches is a matter
of its operator, who writes their keys into its table: `writ witness watch`.
"""

from __future__ import annotations

from typing import Any

from aws_cdk import CfnOutput, Tags
from aws_cdk import aws_apigatewayv2 as apigateway
from constructs import Construct

from stacks import metrics
from stacks.api import add_routes, make_stage
from stacks.constructs.bot import Bot
from stacks.constructs.shared import Code, Plane
from stacks.foundation import FoundationStack
from stacks.grants import Resources
from stacks.manifest import BotFolder
from stacks.names import Names
from stacks.observability import alarm_above
from stacks.settings import Settings
from stacks.tables import WITNESS


class WitnessStack(FoundationStack):
    """State, function and API of a witness."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: Settings,
        name: str,
        folder: BotFolder,
        code: Code,
        **props: Any,
    ) -> None:
        super().__init__(scope, id, settings=settings, folders=[folder], state=WITNESS, **props)
        plane = Plane(
            settings=settings,
            bus=None,
            streams={},
            boundary=self.boundary,
            alarms=self.alarm_topic,
            resources=Resources(keys={key: made.key_arn for key, made in self.keys.items()}),
            measured=(),
        )
        self.bot = Bot(self, "Bot", folder=folder, plane=plane, code=code, extra={"WRIT_WITNESS_NAME": name})
        alarm_above(
            self,
            "SplitView",
            name=Names.of(settings).thing("split-view"),
            description="A log asked to cosign another history of itself. Runbook: docs/runbooks/witness.md",
            metric=metrics.own(metrics.WITNESS, metrics.CHECKPOINTS_INCONSISTENT, statistic="Maximum"),
            threshold=0,
            topic=self.alarm_topic,
        )
        self.api = apigateway.HttpApi(
            self,
            "Api",
            api_name=Names.of(settings).thing("api"),
            description=f"Writ witness {name}",
            create_default_stage=False,
        )
        # The emulator takes the API's id from this tag, so that its URL stays the same.
        Tags.of(self.api).add("ms-custom-id", "00077218")
        make_stage(self, self.api, settings)
        add_routes(self.api, self.bot, apigateway.HttpNoneAuthorizer())
        Tags.of(self).add("writ:env", settings.env)
        CfnOutput(self, "WitnessName", value=name)
        CfnOutput(self, "WitnessApiId", value=self.api.api_id)
        CfnOutput(self, "WitnessUrl", value=f"{self.api.api_endpoint}/v1/witness")
