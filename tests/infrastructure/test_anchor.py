"""Where checkpoints are posted outside: by one function, if at all, and by a token that is not made up."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from pydantic import ValidationError

from stacks.manifest import load_folders
from stacks.plane import ANCHOR, extra_variables
from stacks.settings import settings_for
from tests.infrastructure.synthesis import Synthesis
from writ.contracts.anchor import AnchorSite

FOLDERS = load_folders()
COMMIT = "6dcb09b5b57875f334f61aebed695e2e4193db5e"


def test_only_the_anchor_bot_knows_the_site_and_only_where_there_is_one() -> None:
    site = AnchorSite(repository="acme/releases", commit=COMMIT)
    settings = replace(settings_for("prod"), anchor=site)
    given = {folder.name: extra_variables(folder, FOLDERS, settings) for folder in FOLDERS}
    assert {name for name, variables in given.items() if "WRIT_ANCHOR" in variables} == {ANCHOR}
    assert AnchorSite.model_validate_json(given[ANCHOR]["WRIT_ANCHOR"]) == site


def test_no_environment_posts_anywhere_until_somebody_says_where(plane: Synthesis) -> None:
    """But on this machine, where the forge is local as well."""
    found = {
        function.properties["Environment"]["Variables"].get("WRIT_ANCHOR")
        for function in plane.all("AWS::Lambda::Function")
    }
    local = AnchorSite(repository="writ/log", api="stored").model_dump_json(exclude_none=True)
    assert found == ({None, local} if plane.names.env == "local" else {None})


def test_what_listens_on_this_machine_alone_is_no_site_elsewhere() -> None:
    assert settings_for("local").anchor is not None
    elsewhere = settings_for("local", "localstack")
    assert (elsewhere.anchor, elsewhere.forge) == (None, None)


def test_token_is_stored_by_an_operator_and_never_made_up(plane: Synthesis) -> None:
    (secret,) = [
        secret
        for secret in plane.all("AWS::SecretsManager::Secret")
        if secret.properties["Name"] == plane.names.thing("anchor")
    ]
    assert not {"GenerateSecretString", "SecretString"} & secret.properties.keys()


@pytest.mark.parametrize(
    "site",
    [
        {"repository": "acme"}, {"repository": "acme/.."}, {"repository": "acme/a/b"},
        {"repository": "a b/c"},
        {"repository": "acme/releases?x=1"}, {"repository": "acme/releases", "commit": "main"},
        {"repository": "acme/releases", "commit": COMMIT.upper()},
        {"repository": "acme/releases", "api": "http://github.example"},
        {"repository": "acme/releases", "api": "https://user@github.example"},
        {"repository": "acme/releases", "api": "https://"}, {"repository": "acme/releases", "branch": "main"},
    ],
)  # fmt: skip
def test_site_that_makes_no_sense_fails_at_synth(site: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        AnchorSite.model_validate_json(json.dumps(site))
