"""Flags in AppConfig: what the bot writes, and what functions read by polling."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions.flags import book
from functions.flags.appconfig import AppConfigSettings
from functions.flags.versions import Version
from stacks.flag_catalogue import unset
from writ.adapters import aws
from writ.adapters.appconfig import AppConfigFlags
from writ.contracts.errors import ConflictError, TransientError
from writ.contracts.flag_site import FlagSite
from writ.contracts.flags import Rollout, feature

SITE = FlagSite("app", "env", "declared", "settings", "strategy")


def refused(code: str, status: int = 400) -> ClientError:
    answer: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "Any")


@dataclass
class Sessions:
    """AppConfig's data plane: tokens good for one call each, and content only when it is new."""

    documents: dict[str, str]
    calls: list[str] = field(default_factory=list)
    served: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    down: bool = False

    def start_configuration_session(self, **asked: Any) -> dict[str, Any]:
        self._called("start")
        assert asked["RequiredMinimumPollIntervalInSeconds"] == 60
        return self._token(asked["ConfigurationProfileIdentifier"], None)

    def get_latest_configuration(self, ConfigurationToken: str) -> dict[str, Any]:
        self._called("get")
        if ConfigurationToken not in self.served:
            raise refused("BadRequestException")
        profile, known = self.served.pop(ConfigurationToken)
        document = self.documents.get(profile, "")
        content = "" if document == known else document
        next_token = self._token(profile, document)["InitialConfigurationToken"]
        return {
            "Configuration": io.BytesIO(content.encode()),
            "NextPollConfigurationToken": next_token,
            "NextPollIntervalInSeconds": 60,
        }

    def _called(self, what: str) -> None:
        self.calls.append(what)
        if self.down:
            raise refused("InternalServerException", 500)

    def _token(self, profile: str, known: str | None) -> dict[str, Any]:
        token = f"token-{len(self.calls)}-{profile}"
        self.served[token] = (profile, known)
        return {"InitialConfigurationToken": token}


def document(**features: Rollout) -> str:
    return json.dumps({"features": {name: feature(rollout) for name, rollout in features.items()}})


@dataclass
class World:
    sessions: Sessions
    now: float = 1000.0

    def ask(self, flags: AppConfigFlags, name: str = "search", *, default: bool = False) -> bool:
        return flags.enabled(name, "acme", default=default)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    everybody = document(search=Rollout(percent=100))
    made = World(Sessions({"declared": everybody, "settings": unset()}))
    monkeypatch.setattr(aws, "client", lambda _name: made.sessions)
    return made


def reader(world: World) -> AppConfigFlags:
    return AppConfigFlags(SITE, lambda: world.now)


def test_what_people_set_goes_over_what_is_declared(world: World) -> None:
    flags = reader(world)
    assert world.ask(flags) is True
    world.sessions.documents["settings"] = document(search=Rollout(percent=0))
    world.now += 61
    assert world.ask(flags) is False


def test_what_was_set_of_a_flag_that_is_declared_no_more_is_no_flag(world: World) -> None:
    world.sessions.documents["settings"] = document(gone=Rollout(percent=100))
    flags = AppConfigFlags(SITE, lambda: world.now)
    assert flags.has("gone", "acme") is None
    assert flags.has("search", "acme") is True


def test_a_minute_of_questions_costs_four_requests_and_each_further_one_two(world: World) -> None:
    flags = reader(world)
    for _ in range(50):
        world.ask(flags)
        world.now += 1
    assert world.sessions.calls == ["start", "get"] * 2
    world.now += 60
    world.ask(flags)
    assert world.sessions.calls[4:] == ["get", "get"]


def test_what_was_read_last_stays_while_appconfig_is_down_and_is_refreshed_after(world: World) -> None:
    flags = reader(world)
    world.ask(flags)
    world.sessions.down = True
    world.now += 61
    assert world.ask(flags) is True
    calls = len(world.sessions.calls)
    world.ask(flags)
    assert len(world.sessions.calls) == calls  # no request a question while it is down
    world.sessions.down = False
    world.sessions.documents["declared"] = document(search=Rollout())
    world.now += 61
    assert world.ask(flags) is False


def test_the_default_holds_while_nothing_was_ever_read(world: World) -> None:
    world.sessions.down = True
    flags = reader(world)
    assert [world.ask(flags, default=True), world.ask(flags, default=False)] == [True, False]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"features": []}', '{"features": {"search": {}}}'])
def test_a_configuration_that_is_none_gives_the_default(world: World, text: str) -> None:
    world.sessions.documents["declared"] = text
    assert [world.ask(reader(world), default=value) for value in (True, False)] == [True, False]


def test_an_expired_token_is_replaced_by_a_new_session(world: World) -> None:
    flags = reader(world)
    world.ask(flags)
    world.sessions.served.clear()
    world.sessions.documents["declared"] = document(search=Rollout())
    world.now += 61
    assert world.ask(flags) is True
    world.now += 16
    assert world.ask(flags) is False


class Control:
    """AppConfig's control plane, in as much as moto lacks it: versions, deployments, and their refusals."""

    def __init__(self) -> None:
        self.versions: list[dict[str, Any]] = []
        self.deployments: list[dict[str, Any]] = []
        self.busy = False

    def list_hosted_configuration_versions(self, **asked: Any) -> dict[str, Any]:
        start = int(asked.get("NextToken", 0))
        page = list(reversed(self.versions))[start : start + 2]
        more = {"NextToken": str(start + 2)} if start + 2 < len(self.versions) else {}
        return {"Items": page, **more}

    def get_hosted_configuration_version(self, VersionNumber: int, **_: Any) -> dict[str, Any]:
        return {"Content": io.BytesIO(self.versions[VersionNumber - 1]["Content"])}

    def create_hosted_configuration_version(self, **given: Any) -> dict[str, Any]:
        if given["LatestVersionNumber"] != len(self.versions):
            raise refused("ConflictException", 409)
        number = len(self.versions) + 1
        self.versions.append({**given, "VersionNumber": number})
        return {"VersionNumber": number}

    def get_configuration_profile(self, **_: Any) -> dict[str, Any]:
        return {"Name": "settings"}

    def list_deployments(self, **_: Any) -> dict[str, Any]:
        return {"Items": self.deployments}

    def start_deployment(self, **given: Any) -> None:
        if self.busy:
            raise refused("ConflictException", 409)
        self.deployments.append({**given, "ConfigurationName": "settings", "State": "COMPLETE"})


@pytest.fixture
def control(monkeypatch: pytest.MonkeyPatch) -> Control:
    made = Control()
    monkeypatch.setattr(aws, "client", lambda _name: made)
    made.create_hosted_configuration_version(LatestVersionNumber=0, Content=unset().encode())
    return made


def test_versions_come_from_every_page_the_newest_last(control: Control) -> None:
    store = AppConfigSettings(SITE)
    for number in (1, 2, 3):
        assert store.add(unset(), after=number, label=f"act-{number}") == number + 1
    assert store.versions() == [
        Version(1, ""),
        Version(2, "act-1"),
        Version(3, "act-2"),
        Version(4, "act-3"),
    ]
    assert book.parse(store.text(4)) == {}
    assert control.versions[-1]["ContentType"] == "application/json"


def test_who_wrote_on_an_older_version_is_told(control: Control) -> None:
    store = AppConfigSettings(SITE)
    store.add(unset(), after=1, label="act-1")
    with pytest.raises(ConflictError):
        store.add(unset(), after=1, label="act-2")
    assert len(control.versions) == 2


def test_a_deployment_counts_unless_it_was_rolled_back_or_of_another_configuration(control: Control) -> None:
    store = AppConfigSettings(SITE)
    assert store.deployed() == 0
    store.deploy(2)
    control.deployments += [
        {"ConfigurationName": "settings", "ConfigurationVersion": "3", "State": "ROLLED_BACK"},
        {"ConfigurationName": "declared", "ConfigurationVersion": "9", "State": "COMPLETE"},
    ]
    assert store.deployed() == 2


def test_a_deployment_beside_another_one_may_be_tried_again(control: Control) -> None:
    control.busy = True
    with pytest.raises(TransientError) as refusal:
        AppConfigSettings(SITE).deploy(1)
    assert refusal.value.code == "dependency.contended"
