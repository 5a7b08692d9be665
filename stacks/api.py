"""The front door: one HTTP API, every route of every manifest, behind the JWT authorizer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from aws_cdk import CfnOutput, Stack, Tags
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_logs as logs
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from stacks.acknowledge import acknowledge
from stacks.constructs.bot import Bot
from stacks.identity import IdentityStack
from stacks.names import Names
from stacks.settings import Settings
from writ.contracts.workflow_site import WorkflowSite
from writ.runtime.doors import WORKFLOWS

# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
_LOGGED: Final = {
    "request": "$context.requestId",
    "time": "$context.requestTime",
    "route": "$context.routeKey",
    "status": "$context.status",
    "latency_ms": "$context.responseLatency",
    "integration_error": "$context.integrationErrorMessage",
    "authorizer_error": "$context.authorizer.error",
    "subject": "$context.authorizer.claims.sub",
}


class ApiStack(Stack):
    """Routes to the API functions of bots. A route is open only if its manifest says why."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: Settings,
        identity: IdentityStack,
        bots: Sequence[Bot],
        **props: Any,
    ) -> None:
        super().__init__(scope, id, **props)
        self._names = Names.of(settings)
        self.api = apigateway.HttpApi(
            self,
            "Api",
            api_name=self._names.thing("api"),
            description=f"Writ {settings.env}",
            create_default_stage=False,
        )
        # The emulator takes the API's id from this tag, so that its URL stays the same.
        Tags.of(self.api).add("ms-custom-id", "00077217")
        make_stage(self, self.api, settings)
        authorizer = authorizers.HttpJwtAuthorizer(
            "Operators",
            f"https://cognito-idp.{self._names.region}.amazonaws.com/{identity.pool.user_pool_id}",
            jwt_audience=[identity.client.user_pool_client_id],
        )
        workflows = None if settings.workflows is None else workflow_authorizer(self.api, settings.workflows)
        for bot in bots:
            add_routes(self.api, bot, authorizer, workflows)
        # Metrics of API Gateway are known by the id, which only exists once this is deployed.
        ssm.StringParameter(
            self,
            "ApiIdParameter",
            parameter_name=self._names.parameter("api-id"),
            string_value=self.api.api_id,
            description="The id of the API in API Gateway.",
        )
        CfnOutput(self, "ApiId", value=self.api.api_id)
        CfnOutput(self, "ApiUrl", value=self.api.api_endpoint)


def make_stage(scope: Construct, api: apigateway.HttpApi, settings: Settings) -> None:
    """The one stage of an API: its limits, and a log line for every request."""
    log_group = logs.LogGroup(
        scope,
        "AccessLogs",
        log_group_name=f"/aws/apigateway/{Names.of(settings).thing('api')}",
        retention=settings.log_retention,
        removal_policy=settings.removal,
    )
    stage = apigateway.HttpStage(
        scope,
        "Stage",
        http_api=api,
        stage_name="$default",
        auto_deploy=True,
        throttle=apigateway.ThrottleSettings(rate_limit=settings.rate, burst_limit=settings.burst),
        detailed_metrics_enabled=True,
    )
    resource = stage.node.default_child
    if isinstance(resource, apigateway.CfnStage):
        resource.access_log_settings = apigateway.CfnStage.AccessLogSettingsProperty(
            destination_arn=log_group.log_group_arn, format=json.dumps(_LOGGED)
        )


def workflow_authorizer(api: apigateway.HttpApi, site: WorkflowSite) -> apigateway.IHttpRouteAuthorizer:
    """Takes the tokens that a forge gives to runs, if they were asked for this very API."""
    return authorizers.HttpJwtAuthorizer(
        "Workflows", site.issuer, jwt_audience=[api.api_endpoint, *site.addresses]
    )


def add_routes(
    api: apigateway.HttpApi,
    bot: Bot,
    authorizer: apigateway.IHttpRouteAuthorizer,
    workflows: apigateway.IHttpRouteAuthorizer | None = None,
) -> None:
    """The routes of a bot's manifest; each behind the authorizer, unless the manifest says why not.

    A route has one authorizer: what workflows may call is there once more, behind theirs.
    """
    if bot.api is None:
        return
    integration = integrations.HttpLambdaIntegration(
        bot.folder.name, bot.api, scope_permission_to_route=False
    )
    for route in bot.folder.manifest.routes:
        method, path = route.route.split(" ", 1)
        added = api.add_routes(
            path=path,
            methods=[apigateway.HttpMethod(method)],
            integration=integration,
            authorizer=apigateway.HttpNoneAuthorizer() if route.auth == "none" else authorizer,
        )
        if route.auth == "none" and route.reason:
            acknowledge(added[0], "AwsSolutions-APIG4", route.reason)
        if route.workflows and workflows is not None:
            api.add_routes(
                path=WORKFLOWS + path,
                methods=[apigateway.HttpMethod(method)],
                integration=integration,
                authorizer=workflows,
            )
