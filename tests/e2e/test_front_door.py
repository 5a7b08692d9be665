"""Who is let in, and what bad input gets: an answer that names the field, and nothing written."""

from __future__ import annotations

import base64
import json
import re

import httpx
import pytest

from cli.local.replay import ROUTE, webhook_secret
from stacks.manifest import load_folders
from tests.e2e.conftest import Person, World, sample

CLOSED = sorted(
    route.route for folder in load_folders() for route in folder.manifest.routes if route.auth == "jwt"
)


def tampered(token: str) -> str:
    """The same token for somebody else."""
    head, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    claims["sub"] = claims["username"] = "root"
    forged = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"{head}.{forged}.{signature}"


def of_other_audience(world: World) -> str:
    """A token of the same pool for another client."""
    cognito = world.plane.aws("cognito-idp")
    pools = cognito.list_user_pools(MaxResults=10)["UserPools"]
    (pool,) = [found["Id"] for found in pools if found["Name"] == world.plane.thing("operators")]
    client = cognito.create_user_pool_client(
        UserPoolId=pool, ClientName="other", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
    )["UserPoolClient"]["ClientId"]
    vault = world.plane.aws("secretsmanager")
    known = json.loads(vault.get_secret_value(SecretId=world.plane.thing("operator"))["SecretString"])
    answer = cognito.initiate_auth(
        ClientId=client,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": known["username"], "PASSWORD": known["password"]},
    )
    return str(answer["AuthenticationResult"]["AccessToken"])


@pytest.mark.parametrize("route", CLOSED)
def test_no_route_opens_without_a_token(world: World, route: str) -> None:
    method, path = route.split(" ")
    path = re.sub(r"\{\w+\+?\}", "1", path)
    assert world.nobody(method, path, {} if method != "GET" else None).status_code == 401
    assert world.bearer("nonsense")(method, path).status_code == 401


def test_a_forged_token_and_one_for_others_do_not_open(world: World, operator: Person) -> None:
    assert operator.token is not None
    assert operator("GET", "v1/backlog").status_code == 200
    assert world.bearer(tampered(operator.token))("GET", "v1/backlog").status_code == 401
    assert world.bearer(of_other_audience(world))("GET", "v1/backlog").status_code == 401


def test_health_is_open_and_says_little(world: World) -> None:
    answer = world.nobody("GET", "v1/health")
    assert answer.status_code == 200
    assert set(answer.json()) == {"status", "version"}


BODY = sample("check_run/completed.1.payload.json").body


@pytest.mark.parametrize(
    ("body", "changes", "status", "field"),
    [
        (BODY, {"X-Hub-Signature-256": ""}, 401, "X-Hub-Signature-256"),
        (BODY, {"X-Hub-Signature-256": "sha256=" + "0" * 64}, 401, "X-Hub-Signature-256"),
        (BODY, {"X-Hub-Signature-256": "md5=1"}, 401, "X-Hub-Signature-256"),
        (BODY[:-20], {}, 400, "body"),
        (b"not JSON", {}, 400, "body"),
        (b"[1, 2]", {}, 400, "body"),
        (b'{"a":' * 500 + b"1" + b"}" * 500, {}, 400, "body"),
        (b'{"a": "' + b"x" * 1_100_000 + b'"}', {}, 413, "body"),
        (BODY, {"X-GitHub-Event": "Not An Event"}, 400, "X-GitHub-Event"),
        (BODY, {"X-GitHub-Delivery": "!"}, 400, "X-GitHub-Delivery"),
        (b'{"action": "completed", "check_run": {}}', {}, 400, "repository.full_name"),
    ],
)
def test_a_bad_webhook_is_answered_and_leaves_nothing(
    world: World, body: bytes, changes: dict[str, str], status: int, field: str
) -> None:
    before = world.count("deliveries")
    webhook = sample("check_run/completed.1.payload.json")
    fresh = type(webhook)(webhook.path, webhook.event, body)
    headers = fresh.headers(webhook_secret(world.plane)) | {"X-GitHub-Delivery": "bad-input-0001"}
    answer = world.client.post(ROUTE.lstrip("/"), content=body, headers=headers | changes)
    problem = answer.json()
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert problem["field"] == field
    assert "Traceback" not in answer.text
    assert world.count("deliveries") == before


def test_a_delivery_id_is_good_for_one_body(world: World) -> None:
    secret = webhook_secret(world.plane)
    first, second = sample("push/payload.json"), sample("push/payload.json", forced=True)
    same = {"X-GitHub-Delivery": "one-body-only-0001"}

    def deliver(webhook: object, body: bytes, headers: dict[str, str]) -> httpx.Response:
        return world.client.post(ROUTE.lstrip("/"), content=body, headers=headers | same)

    assert deliver(first, first.body, first.headers(secret)).status_code == 202
    repeat = deliver(first, first.body, first.headers(secret))
    assert (repeat.status_code, repeat.json()["duplicate"]) == (200, True)
    assert deliver(second, second.body, second.headers(secret)).status_code == 409


def test_an_event_nobody_knows_is_accepted_and_recorded_as_ignored(world: World) -> None:
    secret = webhook_secret(world.plane)
    webhook = type(sample("push/payload.json"))(
        sample("push/payload.json").path, "future_event", b'{"action": "invented"}'
    )
    answer = world.client.post(ROUTE.lstrip("/"), content=webhook.body, headers=webhook.headers(secret))
    assert (answer.status_code, answer.json()["type"]) == (202, "GitHubEventIgnored.v1")


def test_an_unknown_route_is_not_found(world: World, operator: Person) -> None:
    assert operator("GET", "v1/nothing/here").status_code in (401, 404)
