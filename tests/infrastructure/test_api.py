"""The front door: every route of every manifest, closed unless the manifest says why it is open."""

from __future__ import annotations

import json

from tests.infrastructure.synthesis import Synthesis


def test_routes_are_those_of_the_manifests(plane: Synthesis) -> None:
    expected = {route.route for folder in plane.folders for route in folder.manifest.routes}
    assert {route.properties["RouteKey"] for route in plane.all("AWS::ApiGatewayV2::Route")} == expected


def test_a_route_is_closed_unless_the_manifest_says_why_it_is_open(plane: Synthesis) -> None:
    open_routes = {
        route.route
        for f in plane.folders
        for route in f.manifest.routes
        if route.auth == "none" and route.reason
    }
    (authorizer,) = plane.all("AWS::ApiGatewayV2::Authorizer")
    for route in plane.all("AWS::ApiGatewayV2::Route"):
        properties = route.properties
        if properties["RouteKey"] in open_routes:
            assert properties["AuthorizationType"] == "NONE", route
        else:
            assert properties["AuthorizationType"] == "JWT", route
            assert properties["AuthorizerId"] == {"Ref": authorizer.id}, route


def test_only_what_cannot_carry_a_token_is_open(plane: Synthesis) -> None:
    open_routes = {route.route for f in plane.folders for route in f.manifest.routes if route.auth == "none"}
    assert open_routes <= {"GET /v1/health", "POST /v1/webhooks/github"}


def test_tokens_are_those_of_our_pool_for_our_client(plane: Synthesis) -> None:
    (authorizer,) = plane.all("AWS::ApiGatewayV2::Authorizer")
    (pool,) = plane.all("AWS::Cognito::UserPool")
    (client,) = plane.all("AWS::Cognito::UserPoolClient")
    properties = plane.value(authorizer.stack, authorizer.properties)
    assert properties["AuthorizerType"] == "JWT"
    assert properties["IdentitySource"] == ["$request.header.Authorization"]
    issuer = f"https://cognito-idp.{plane.names.region}.amazonaws.com/{pool}"
    assert properties["JwtConfiguration"] == {"Audience": [str(client)], "Issuer": issuer}


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
