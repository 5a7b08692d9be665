"""The front door: every route of every manifest, closed unless the manifest says why it is open."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk.assertions import Template
from pydantic import ValidationError

from stacks.api import workflow_authorizer
from stacks.manifest import load_folders
from stacks.plane import made_files, served_runs
from stacks.settings import settings_for
from tests.infrastructure.synthesis import Resource, Synthesis
from writ.contracts.workflow_site import WorkflowSite
from writ.runtime import access
from writ.runtime.doors import RUNS

WORKFLOW = "acme/writ/.github/workflows/recorded-gates.yml"
GATES = f"{WORKFLOW}@{'0' * 40}"


def by_workflows(plane: Synthesis) -> set[str]:
    """What runs of workflows may call, as their door has it."""
    if plane.settings.workflows is None:
        return set()
    routes = [route for folder in plane.folders for route in folder.manifest.routes if route.workflows]
    return {route.route.replace(" ", " /workflows", 1) for route in routes}


def authorizer_of(plane: Synthesis, name: str) -> Resource:
    (found,) = (a for a in plane.all("AWS::ApiGatewayV2::Authorizer") if a.properties["Name"] == name)
    return found


def test_routes_are_those_of_the_manifests(plane: Synthesis) -> None:
    expected = {route.route for folder in plane.folders for route in folder.manifest.routes}
    expected |= by_workflows(plane)
    assert {route.properties["RouteKey"] for route in plane.all("AWS::ApiGatewayV2::Route")} == expected


def test_a_route_is_closed_unless_the_manifest_says_why_it_is_open(plane: Synthesis) -> None:
    open_routes = {
        route.route
        for f in plane.folders
        for route in f.manifest.routes
        if route.auth == "none" and route.reason
    }
    authorizer, runs = authorizer_of(plane, "Operators"), by_workflows(plane)
    for route in plane.all("AWS::ApiGatewayV2::Route"):
        properties = route.properties
        if properties["RouteKey"] in open_routes:
            assert properties["AuthorizationType"] == "NONE", route
        elif properties["RouteKey"] in runs:
            assert properties["AuthorizationType"] == "JWT", route
            assert properties["AuthorizerId"] == {"Ref": authorizer_of(plane, "Workflows").id}, route
        else:
            assert properties["AuthorizationType"] == "JWT", route
            assert properties["AuthorizerId"] == {"Ref": authorizer.id}, route


def test_only_what_cannot_carry_a_token_is_open(plane: Synthesis) -> None:
    open_routes = {route.route for f in plane.folders for route in f.manifest.routes if route.auth == "none"}
    assert open_routes <= {"GET /v1/health", "POST /v1/webhooks/github"}


def test_tokens_are_those_of_our_pool_for_our_client(plane: Synthesis) -> None:
    authorizer = authorizer_of(plane, "Operators")
    (pool,) = plane.all("AWS::Cognito::UserPool")
    (client,) = plane.all("AWS::Cognito::UserPoolClient")
    properties = plane.value(authorizer.stack, authorizer.properties)
    assert properties["AuthorizerType"] == "JWT"
    assert properties["IdentitySource"] == ["$request.header.Authorization"]
    issuer = f"https://cognito-idp.{plane.names.region}.amazonaws.com/{pool}"
    assert properties["JwtConfiguration"] == {"Audience": [str(client)], "Issuer": issuer}


def test_runs_are_let_in_by_tokens_for_this_api_alone() -> None:
    stack = Stack(App(), "test")
    api = apigateway.HttpApi(stack, "Api")
    site = WorkflowSite(repositories=("acme/*",), addresses=("https://writ.acme.example/",))
    nowhere = integrations.HttpUrlIntegration("Nowhere", "https://nowhere.example")
    api.add_routes(path="/x", integration=nowhere, authorizer=workflow_authorizer(api, site))
    template = Template.from_stack(stack)
    (authorizer,) = template.find_resources("AWS::ApiGatewayV2::Authorizer").values()
    (id,) = template.find_resources("AWS::ApiGatewayV2::Api")
    assert authorizer["Properties"]["AuthorizerType"] == "JWT"
    assert authorizer["Properties"]["JwtConfiguration"] == {
        "Audience": [{"Fn::GetAtt": [id, "ApiEndpoint"]}, "https://writ.acme.example"],
        "Issuer": "https://token.actions.githubusercontent.com",
    }


def test_only_what_runs_may_call_knows_whose_are_served() -> None:
    site = WorkflowSite(repositories=("acme/*", "other/one"), owner_ids=(12, 345), gates=(GATES,))
    settings, folders = replace(settings_for("prod"), workflows=site), load_folders()
    told = {folder.name: dict(found) for folder in folders if (found := served_runs(folder, settings))}
    routes = {f.name: [r.route for r in f.manifest.routes if r.workflows] for f in folders}
    known = {"repositories": site.repositories, "owner_ids": ["12", "345"], "gates": (GATES,)}
    assert told == {name: {**known, "routes": mine} for name, mine in routes.items() if mine}
    for folder in folders:
        made = made_files(folder, folders, settings) or {}
        assert json.loads(made.get(RUNS, b"{}")) == json.loads(json.dumps(told.get(folder.name, {})))


def test_a_bot_reads_whose_runs_it_serves_from_the_file_beside_its_modules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = f"served_{tmp_path.name.replace('-', '_')}"
    folder = tmp_path / "functions" / bot
    folder.mkdir(parents=True)
    monkeypatch.setattr("functions.__path__", [str(tmp_path / "functions")])
    assert access.served(bot) == {}
    access.served.cache_clear()
    (folder / RUNS).write_text('{"repositories": ["acme/*"]}')
    assert access.served(bot) == {"repositories": ["acme/*"]}
    access.served.cache_clear()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"repositories": ()}, "repositories"),
        ({"repositories": ("*/*",)}, "an owner is named"),
        ({"repositories": ("acme",)}, "repositories.0"),
        ({"repositories": ("acme/*",), "issuer": "http://forge.example"}, "issuer"),
        ({"repositories": ("acme/*",), "owner_ids": (0,)}, "owner_ids.0"),
        *(
            ({"repositories": ("acme/*",), "gates": (name,)}, "is not one workflow")
            for name in (
                "gates.yml",
                "*/*/.github/workflows/gates.yml@v1",
                f"{WORKFLOW}@*",
                f"{WORKFLOW}@**",
                f"{WORKFLOW}@refs/**",
                f"{WORKFLOW}@refs/pull/*",
                f"{WORKFLOW}@v1",
            )
        ),
    ],
)
def test_a_site_that_would_let_everybody_in_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        WorkflowSite.model_validate(changes)


def test_no_run_is_let_in_unless_somebody_says_whose(cloud: Synthesis) -> None:
    assert not by_workflows(cloud)
    assert [a.properties["Name"] for a in cloud.all("AWS::ApiGatewayV2::Authorizer")] == ["Operators"]


def test_operators_are_invited_and_carry_a_second_factor(cloud: Synthesis) -> None:
    (pool,) = cloud.all("AWS::Cognito::UserPool")
    assert pool.properties["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True
    assert pool.properties["MfaConfiguration"] == "ON"
    assert pool.properties["EnabledMfas"] == ["SOFTWARE_TOKEN_MFA"]
    assert pool.properties["DeletionProtection"] == "ACTIVE"


def test_the_stage_is_throttled_and_logs_who_called_but_no_token(plane: Synthesis) -> None:
    (stage,) = plane.all("AWS::ApiGatewayV2::Stage")
    limits = stage.properties["DefaultRouteSettings"]
    assert limits["ThrottlingRateLimit"] == plane.settings.rate
    assert limits["ThrottlingBurstLimit"] == plane.settings.burst
    logged = json.loads(stage.properties["AccessLogSettings"]["Format"])
    assert {"request", "route", "status", "subject"} <= logged.keys()
    assert not any("header" in value or "requestOverride" in value for value in logged.values())
