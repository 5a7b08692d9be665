"""The forge's credentials: read by one function, stored by an operator, used only where a forge is set."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from stacks.manifest import load_folders
from stacks.plane import DEPENDENCIES, extra_variables
from stacks.settings import settings_for
from tests.infrastructure.synthesis import Synthesis
from writ.contracts.dependency_site import DependencySite
from writ.contracts.forge_site import ForgeSite

FOLDERS = load_folders()
# Who works with the forge; whoever comes to it is to be thought over.
USERS = {"pr", "release", "dependencies"}


def test_only_bots_that_work_with_the_forge_may_read_the_credentials_and_know_it() -> None:
    site = ForgeSite(api="https://github.example/api/v3/")
    settings = replace(settings_for("prod"), forge=site)
    given = {folder.name: extra_variables(folder, FOLDERS, settings) for folder in FOLDERS}
    assert {name for name, variables in given.items() if "WRIT_FORGE" in variables} == USERS
    for name in USERS:
        assert ForgeSite.model_validate_json(given[name]["WRIT_FORGE"]) == site
    assert {folder.name for folder in FOLDERS if "forge" in folder.manifest.needs.secrets} == USERS


def test_only_the_dependencies_bot_knows_whose_dependencies_and_which_indexes() -> None:
    site = DependencySite(repositories=("acme/shop",), pypi="https://index.example/simple/")
    settings = replace(settings_for("prod"), forge=ForgeSite(), dependencies=site)
    given = {folder.name: extra_variables(folder, FOLDERS, settings) for folder in FOLDERS}
    known = {name for name, variables in given.items() if "WRIT_DEPENDENCIES" in variables}
    assert known == {DEPENDENCIES}
    read = DependencySite.model_validate_json(given[DEPENDENCIES]["WRIT_DEPENDENCIES"])
    assert (read, read.pypi, read.npm) == (site, "https://index.example/simple", None)


def test_no_index_has_an_address_of_its_own_accord(plane: Synthesis, cloud: Synthesis) -> None:
    for function in (*plane.all("AWS::Lambda::Function"), *cloud.all("AWS::Lambda::Function")):
        assert "WRIT_DEPENDENCIES" not in function.properties["Environment"]["Variables"], function


def test_no_cloud_environment_comments_anywhere_until_somebody_says_where(cloud: Synthesis) -> None:
    for function in cloud.all("AWS::Lambda::Function"):
        assert "WRIT_FORGE" not in function.properties["Environment"]["Variables"], function


def test_credentials_are_stored_by_an_operator_and_never_made_up(plane: Synthesis) -> None:
    (secret,) = [
        secret
        for secret in plane.all("AWS::SecretsManager::Secret")
        if secret.properties["Name"] == plane.names.thing("forge")
    ]
    assert not {"GenerateSecretString", "SecretString"} & secret.properties.keys()


@pytest.mark.parametrize("api", ["http://github.example", "https://user@github.example", "https://", "other"])
def test_forge_that_makes_no_sense_fails_at_synth(api: str) -> None:
    with pytest.raises(ValidationError):
        ForgeSite.model_validate({"api": api})
