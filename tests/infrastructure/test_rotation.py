"""A key that is declared retired makes room for the next one; templates deploy over the ones of before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from stacks.settings import settings_for
from tests.infrastructure.synthesis import Resource, Synthesis, synthesize_with, synthesized
from tests.infrastructure.test_permissions import granted
from writ.contracts.retirement import Retirement
from writ.runtime.environment import Environment

END = datetime(2026, 12, 1, 3, tzinfo=UTC)
PLANNED = Retirement(id="a" * 64, end=END)
STOLEN = Retirement(id="b" * 64, end=END, compromised=True)


@pytest.fixture(scope="module")
def rotated(tmp_path_factory: pytest.TempPathFactory) -> Synthesis:
    """Production after the log's key was replaced in order, and the authority's because others had it."""
    settings = replace(settings_for("prod"), retired={"log": (PLANNED,), "ca": (STOLEN,)})
    return synthesize_with(settings, tmp_path_factory.mktemp("rotated"))


def keys(plane: Synthesis, name: str) -> Mapping[str, Resource]:
    """The generations of a key by construct id, which ends before CDK's hash of eight."""
    found = [key for key in plane.all("AWS::KMS::Key") if key.id[:-8].rstrip("0123456789") == f"Key{name}"]
    return {key.id[:-8]: key for key in found}


def alias_target(plane: Synthesis, name: str) -> tuple[str, Any]:
    """Logical id and target of the alias of a key."""
    (alias,) = [
        alias
        for alias in plane.all("AWS::KMS::Alias")
        if alias.properties["AliasName"] == f"alias/writ-prod-{name}"
    ]
    return alias.id, plane.value(alias.stack, alias.properties["TargetKeyId"])


def variables(plane: Synthesis, function: str) -> Mapping[str, str]:
    (found,) = [
        item
        for item in plane.all("AWS::Lambda::Function")
        if item.properties.get("FunctionName") == plane.names.thing(function)
    ]
    values: Mapping[str, str] = plane.value(found.stack, found.properties["Environment"]["Variables"])
    return values


def signers(key: Resource) -> Any:
    (denied,) = [
        statement
        for statement in key.properties["KeyPolicy"]["Statement"]
        if statement.get("Sid") == "OnlyItsSigners"
    ]
    return denied.get("Condition")


def test_new_key_is_made_beside_the_old_one_which_stays_as_it_was(rotated: Synthesis) -> None:
    before = synthesized("prod")
    for name in ("Log", "Ca"):
        assert list(keys(before, name)) == [f"Key{name}"]
        assert list(keys(rotated, name)) == [f"Key{name}", f"Key{name}2"]
        old, kept = keys(before, name)[f"Key{name}"], keys(rotated, name)[f"Key{name}"]
        assert old.id == kept.id
        assert old.properties["KeySpec"] == keys(rotated, name)[f"Key{name}2"].properties["KeySpec"]
    assert keys(before, "Log")["KeyLog"].properties == keys(rotated, "Log")["KeyLog"].properties
    assert list(keys(rotated, "Ct")) == ["KeyCt"]


def test_alias_moves_to_the_new_key_and_is_not_made_anew(rotated: Synthesis) -> None:
    before = synthesized("prod")
    for name in ("log", "ca"):
        old_id, old_target = alias_target(before, name)
        new_id, new_target = alias_target(rotated, name)
        assert (old_id == new_id, old_target == new_target) == (True, False)
        assert new_target.endswith(keys(rotated, name.capitalize())[f"Key{name.capitalize()}2"].id)


def test_old_key_is_found_by_the_id_it_was_retired_with(rotated: Synthesis) -> None:
    for name, spent in (("log", PLANNED), ("ca", STOLEN)):
        _, target = alias_target(rotated, f"{name}-{spent.id[:16]}")
        assert target.endswith(keys(rotated, name.capitalize())[f"Key{name.capitalize()}"].id)


def test_what_other_stacks_import_is_still_exported(rotated: Synthesis) -> None:
    """CloudFormation refuses to take away an export that a stack imports which is not deployed yet."""

    def exports(plane: Synthesis) -> set[str]:
        outputs = plane.templates[plane.names.thing("foundation")]["Outputs"]
        return {output["Export"]["Name"] for output in outputs.values()}

    assert exports(synthesized("prod")) < exports(rotated)


def test_only_the_new_key_may_be_signed_with_by_role(rotated: Synthesis) -> None:
    for name, who in (("Log", {"sequencer", "notary"}), ("Ca", {"authority"})):
        old, new = (keys(rotated, name)[f"Key{name}{suffix}"].id for suffix in ("", "2"))
        allowed = {
            (function, resource.rpartition("/")[2])
            for function, _, action, resource in granted(rotated)
            if action == "kms:Sign"
        }
        assert {function for function, id in allowed if id == new} == who
        assert {function for function, id in allowed if id == old} == set()


def test_key_that_others_may_have_is_disabled_and_signs_for_nobody(rotated: Synthesis) -> None:
    stolen, new = keys(rotated, "Ca")["KeyCa"], keys(rotated, "Ca")["KeyCa2"]
    planned = keys(rotated, "Log")["KeyLog"]
    assert (stolen.properties["Enabled"], signers(stolen)) == (False, None)
    for key in (new, planned):
        assert "Enabled" not in key.properties
        assert signers(key)["ArnNotLike"]["aws:PrincipalArn"]


def test_functions_with_keys_are_told_which_were_retired(rotated: Synthesis) -> None:
    for function in ("sequencer", "authority", "notary"):
        given = Environment.load({**variables(rotated, function)})
        assert given.retired == {"log": (PLANNED,), "ca": (STOLEN,)}
        assert "WRIT_RETIRED" not in variables(synthesized("prod"), function)
    assert "WRIT_RETIRED" not in variables(rotated, "backlog")


def test_sessions_begin_anew_under_a_new_authority(rotated: Synthesis) -> None:
    before = synthesized("prod")
    for folder in rotated.folders:
        for function in folder.functions:
            changed = variables(before, function) != variables(rotated, function)
            assert changed >= folder.signs, function
            assert ("WRIT_SESSIONS" in variables(rotated, function)) == folder.signs, function


def test_variables_of_a_function_stay_below_what_lambda_takes_after_many_rotations() -> None:
    many = {kind: [PLANNED.model_dump(mode="json")] * 4 for kind in ("ca", "ct", "log", "note")}
    room = len(json.dumps(many, separators=(",", ":")))
    for function in ("sequencer", "authority", "notary"):
        used = sum(len(name) + len(value) for name, value in variables(synthesized("prod"), function).items())
        assert used + room < 4096, function
