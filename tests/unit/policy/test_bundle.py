from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tests.unit.policy.facts import POLICIES
from writ.policy.bundle import DIRECTORY_VARIABLE, PACKAGE, Bundle
from writ.policy.errors import BundleError

RULE = "package a\n\nimport rego.v1\n\nb := 1\n"


def test_digest_changes_when_any_text_or_path_changes() -> None:
    digests = {
        Bundle.of(texts).digest
        for texts in (
            {"a.rego": RULE},
            {"b.rego": RULE},
            {"a.rego": RULE + "\n"},
            {"a.rego": RULE, "data.json": "{}"},
            {"a.rego": RULE, "data.json": '{"x": 1}'},
        )
    }
    assert len(digests) == 5


def test_digest_is_the_same_whatever_the_order_and_the_tests() -> None:
    one = Bundle.of({"a.rego": RULE, "b.rego": RULE})
    other = Bundle.of({"b.rego": RULE, "a_test.rego": RULE, "a.rego": RULE})
    assert one.digest == other.digest
    assert [module.path for module in other.modules] == ["a.rego", "b.rego"]


def test_load_default_prefers_the_deployed_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(POLICIES, tmp_path / PACKAGE)
    (tmp_path / PACKAGE / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv(DIRECTORY_VARIABLE, "/nowhere")
    try:
        assert Bundle.load_default().digest == Bundle.load(POLICIES).digest
    finally:
        sys.modules.pop(PACKAGE, None)


def test_load_default_reads_the_directory_when_no_package_is_deployed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(POLICIES))
    assert Bundle.load_default().digest == Bundle.load(POLICIES).digest
    monkeypatch.delenv(DIRECTORY_VARIABLE)
    assert Bundle.load_default(POLICIES).digest == Bundle.load(POLICIES).digest
    with pytest.raises(BundleError, match=DIRECTORY_VARIABLE):
        Bundle.load_default()


@pytest.mark.parametrize(
    "texts",
    [{}, {"data.json": "{}"}, {"a.rego": RULE, "data.json": "["}, {"a.rego": RULE, "data.json": "[]"}],
)
def test_bundle_is_refused_when_it_has_no_rule_or_bad_data(texts: dict[str, str]) -> None:
    with pytest.raises(BundleError):
        Bundle.of(texts)


def test_entrypoints_come_from_the_annotations() -> None:
    assert {"writ/actions/decision", "writ/actions/waivable", "writ/authz/allow"} <= set(
        Bundle.load(POLICIES).entrypoints
    )


def test_windows_come_from_the_data() -> None:
    assert [window["name"] for window in Bundle.load(POLICIES).windows] == ["any-time"]


def rego(package: str, rule: str) -> str:
    return f"package {package}\n\nimport rego.v1\n\n# METADATA\n# entrypoint: true\n{rule}\n"


def test_behind_an_entrypoint_is_its_package_and_whatever_that_names() -> None:
    bundle = Bundle.of(
        {
            "door.rego": rego("writ.door", "open if data.writ.lists.known[input.name]"),
            "lists.rego": rego("writ.lists", "known contains name if some name in data.writ.names"),
            "names/a.rego": rego("writ.names.a", "b := 1"),
            "other.rego": rego("writ.other", "c := 1"),
        }
    )
    assert [module.path for module in bundle.behind("writ/door/open")] == [
        "door.rego",
        "lists.rego",
        "names/a.rego",
    ]
    assert [module.path for module in bundle.behind("writ/other/c")] == ["other.rego"]


def test_behind_an_entrypoint_that_may_reach_everything_is_everything() -> None:
    bundle = Bundle.of({"a.rego": rego("a", "b := data[input.name]"), "c.rego": rego("c", "d := 1")})
    assert bundle.behind("a/b") == bundle.modules
