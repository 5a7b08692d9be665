"""Which repositories get previews: by the flag that people set, as Powertools reads it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aws_lambda_powertools.utilities.feature_flags import FeatureFlags
from aws_lambda_powertools.utilities.feature_flags.base import StoreProvider

from functions.flags import api as flag_routes
from functions.flags.catalog import Catalogue
from functions.flags.handler import bot as flag_bot
from functions.flags.perform import ACTIONS as FLAG_ACTIONS
from functions.preview import api as routes
from functions.preview.model import State, preview_id
from stacks import flag_catalogue
from tests.support.http import Answer, call
from tests.support.previews import COMMITS, PreviewWorld, pull_request
from tests.support.wire import wire
from tests.unit.flags.conftest import FlagsPlane
from writ.contracts.flags import bucket, context

REPOSITORIES = [f"team-{number}/shop" for number in range(12)]


class Deployed(StoreProvider):
    """What is declared, and over it what people set, as AppConfig holds both."""

    def __init__(self, flags: FlagsPlane) -> None:
        self._flags = flags

    @property
    def get_raw_configuration(self) -> dict[str, Any]:
        return self.get_configuration()

    def get_configuration(self) -> dict[str, Any]:
        declared = json.loads(flag_catalogue.declared(self._flags.catalogue.flags))["features"]
        store = self._flags.store
        return {**declared, **json.loads(store.texts[store.live])["features"]}

    def enabled(self, name: str, tenant: str, *, default: bool) -> bool:
        asked = context(name, tenant)
        return bool(FeatureFlags(store=self).evaluate(name=name, context=asked, default=default))


@pytest.fixture
def flags(monkeypatch: pytest.MonkeyPatch, world: PreviewWorld) -> FlagsPlane:
    """The real catalogue and the bot that sets flags, whose settings the preview bot reads."""
    known = Catalogue(flags=flag_catalogue.load(), uses={}, teams=frozenset({"platform"}))
    made = FlagsPlane(catalogue=known)
    wire(monkeypatch, flag_bot, flag_routes, made.plane.wiring("flags", FLAG_ACTIONS, made.ports))
    monkeypatch.setattr(world, "flags", Deployed(made))
    return made


def share(percent: int, **more: Any) -> Answer:
    body = {"percent": percent, "reason": "step by step", **more}
    return call(flag_routes.api, "PATCH", "/v1/flags/previews", body, name="Ann")


def labelled(world: PreviewWorld, repository: str) -> None:
    asked = pull_request(42, COMMITS[0], action="labeled", label="preview", repository=repository)
    world.send("PullRequestLabelled", **asked)


def shown(world: PreviewWorld) -> set[str]:
    return {row.repository for row in world.previews.rows.values() if row.live}


@pytest.fixture
def wired(world: PreviewWorld, flags: FlagsPlane, monkeypatch: pytest.MonkeyPatch) -> PreviewWorld:
    wire(monkeypatch, world.bot, routes, world.wiring())
    return world


def test_a_share_of_repositories_has_previews_and_keeps_them_while_it_grows(
    wired: PreviewWorld, flags: FlagsPlane
) -> None:
    for percent in (0, 40, 80):
        answer = share(percent)
        assert answer.status == 200, answer.body
        action = answer.headers["Writ-Action"]
        assert {f"{action}.intent", f"{action}.outcome"} <= set(flags.plane.evidence.entries)
        for repository in REPOSITORIES:
            labelled(wired, repository)
        expected = {each for each in REPOSITORIES if bucket("previews", each) < percent}
        assert shown(wired) == expected
    assert 0 < len(expected) < len(REPOSITORIES)


def test_one_repository_may_have_it_before_all_others_and_another_never(
    wired: PreviewWorld, flags: FlagsPlane
) -> None:
    share(0, on_for=[REPOSITORIES[3]])
    for repository in REPOSITORIES:
        labelled(wired, repository)
    assert shown(wired) == {REPOSITORIES[3]}


def test_a_killed_flag_opens_none_and_leaves_what_there_is_to_its_end(
    wired: PreviewWorld, flags: FlagsPlane
) -> None:
    labelled(wired, REPOSITORIES[0])
    killed = call(flag_routes.api, "POST", "/v1/flags/previews/kill", {"reason": "they cost too much"})
    assert killed.status == 200
    labelled(wired, REPOSITORIES[1])
    assert shown(wired) == {REPOSITORIES[0]}
    pushed = pull_request(42, COMMITS[1], action="synchronize", repository=REPOSITORIES[0])
    wired.send("PullRequestChanged", **pushed)
    row = wired.previews.rows[preview_id(REPOSITORIES[0], 42)]
    assert (row.goal.commit, row.state) == (COMMITS[1], State.BUILDING)
