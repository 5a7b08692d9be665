"""Exceptions: what they cover, until when, and that a change does not wave itself through."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.unit.gates.running import NOW, judged
from tests.unit.gates.test_licences import expression, of
from writ.contracts.action import Verdict
from writ.contracts.errors import ContractError
from writ.gates import versions
from writ.gates.exceptions import FILE, Known, in_range, parse, without_version
from writ.gates.model import Source
from writ.policy.controls import GateException, GateScope

END = datetime(2026, 12, 1, tzinfo=UTC)
BOM = {"bom.json": of(expression("SSPL-1.0"))}


def written(**changes: str) -> str:
    fields = {
        "id": "left-pad",
        "rule": "licences/forbidden",
        "owner": "platform",
        "reason": "replaced in December",
        "expires_at": "2026-12-01T00:00:00Z",
        "repository": "acme/*",
        "path": "bom.json",
        "component": "pkg:npm/left-pad",
        "versions": '"*"',
        **changes,
    }
    scope = "".join(f"      {n}: {fields.pop(n)}\n" for n in ("repository", "path", "component", "versions"))
    head = "".join(f"    {name}: {value}\n" for name, value in fields.items())
    return f"exceptions:\n  - {head[4:]}    scope:\n{scope}"


def kept(**changes: Any) -> Known:
    scope = GateScope(repository="acme/shop", path="*", component="pkg:npm/left-pad", versions="*")
    fields = {
        "id": "plane",
        "rule": "licences/forbidden",
        "scope": scope,
        "owner": "platform",
        "reason": "because",
        "expires_at": END,
        "requested_by": "ada",
        **changes,
    }
    return Known(GateException(**fields), Source.PLANE)


def test_exception_of_the_repository_waives_and_is_listed() -> None:
    report = judged({**BOM, FILE: written()}, "licences")
    assert report.verdict is Verdict.ALLOW
    assert report.violations[0].waived_by == ("left-pad",)
    assert report.violations[0].waived
    assert [(listed.exception.id, listed.state) for listed in report.exceptions] == [("left-pad", "expiring")]


def test_exception_of_the_plane_waives_alike() -> None:
    report = judged(BOM, "licences", plane=[kept(expires_at=NOW + timedelta(days=60))])
    assert report.verdict is Verdict.ALLOW
    assert [(listed.source, listed.state) for listed in report.exceptions] == [(Source.PLANE, "used")]


@pytest.mark.parametrize(
    ("now", "verdict"), [(END - timedelta(seconds=1), Verdict.ALLOW), (END, Verdict.DENY)]
)
@pytest.mark.parametrize("in_file", [True, False])
def test_exception_ends_in_the_same_second_wherever_it_is_kept(
    now: datetime, verdict: Verdict, in_file: bool
) -> None:
    files = {**BOM, FILE: written()} if in_file else BOM
    report = judged(files, "licences", now=now, plane=[] if in_file else [kept()])
    assert report.verdict is verdict
    if verdict is Verdict.DENY:
        assert len(report.violations[0].expired) == 1
        assert report.exceptions[0].state == "expired"


def test_exception_that_a_change_brings_itself_asks_for_review() -> None:
    report = judged({**BOM, FILE: written()}, "licences", base={})
    assert report.verdict is Verdict.REVIEW
    assert report.exceptions[0].proposed
    assert judged({**BOM, FILE: written()}, "licences", base={FILE: written()}).verdict is Verdict.ALLOW


def test_exception_that_a_change_prolongs_counts_as_new() -> None:
    before = {FILE: written(expires_at="2026-11-26T00:00:00Z")}
    assert judged({**BOM, FILE: written()}, "licences", base=before).verdict is Verdict.REVIEW


@pytest.mark.parametrize(
    "changes",
    [
        {"rule": "licences/unknown"},
        {"repository": "other/*"},
        {"path": "app/*"},
        {"component": "pkg:npm/right-pad"},
        {"versions": "vers:npm/>=2.0.0"},
        {"versions": "vers:pypi/>=1.0"},
    ],
)
def test_exception_covers_nothing_beside_its_scope(changes: dict[str, str]) -> None:
    report = judged({**BOM, FILE: written(**changes)}, "licences")
    assert report.verdict is Verdict.DENY
    assert report.exceptions[0].state == "expiring"


def test_exception_covers_the_versions_it_names() -> None:
    text = written(versions="vers:npm/>=1.0.0|<2.0.0")
    assert judged({**BOM, FILE: text}, "licences").verdict is Verdict.ALLOW


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("exceptions: [", FILE),
        ("exceptions: 3", "exceptions"),
        ("[]", "exceptions"),
        ("other: []", "exceptions"),
        ("exceptions:\n  - 3\n", "exceptions.0"),
        (written(rule="nonsense"), "exceptions.0.rule"),
        (written(path='"[a]"'), "exceptions.0.scope.path"),
        (written(expires_at="2026-12-01"), "exceptions.0.expires_at"),
        (written(expires_at="2026-12-01T00:00:00"), "exceptions.0.expires_at"),
        (written(versions="1.0"), "exceptions.0.scope.versions"),
        (written(versions="vers:npm/>=x"), "exceptions.0.scope.versions"),
        (written(versions="vers:deb/>=1.0"), "exceptions.0.scope.versions"),
        (written(owner='""'), "exceptions.0.owner"),
        (written() + written().removeprefix("exceptions:\n"), "exceptions"),
        (b"\xff", FILE),
        ("a: &x [*x]", FILE),
    ],
)
def test_broken_file_of_exceptions_is_named_and_nothing_in_it_counts(text: str | bytes, field: str) -> None:
    with pytest.raises(ContractError) as caught:
        parse(text if isinstance(text, bytes) else text.encode())
    if field != FILE:
        assert caught.value.field == field
    report = judged({**BOM, FILE: text}, "licences")
    assert report.verdict is Verdict.DENY
    assert "licences/unreadable" in [violation.rule for violation in report.violations]


@pytest.mark.parametrize(
    ("range_", "purl", "within"),
    [
        ("*", "pkg:npm/a", True),
        ("vers:npm/1.0.0", "pkg:npm/a@1.0.0", True),
        ("vers:npm/1.0.0|2.0.0", "pkg:npm/a@2.0.0", True),
        ("vers:npm/>=1.0.0|<2.0.0", "pkg:npm/a@2.0.0-rc.1", True),
        ("vers:npm/>=1.0.0|<2.0.0", "pkg:npm/a@1.0.0-rc.1", False),
        ("vers:npm/>1.0.0|<=2.0.0", "pkg:npm/a@1.0.0", False),
        ("vers:npm/<1.0.0|>=2.0.0", "pkg:npm/a@1.5.0", False),
        ("vers:npm/<1.0.0|>=2.0.0", "pkg:npm/a@3.0.0?arch=x", True),
        ("vers:npm/<1.0.0|>=2.0.0|<3.0.0", "pkg:npm/a@2.9.9", True),
        ("vers:npm/>=1.0.0|!=1.2.0|<2.0.0", "pkg:npm/a@1.2.0", False),
        ("vers:npm/!=1.2.0", "pkg:npm/a@1.3.0", True),
        ("vers:npm/>=1.0.0", "pkg:npm/a", False),
        ("vers:npm/>=1.0.0", "pkg:npm/a@latest", False),
        ("vers:pypi/>=1.0|<2.0", "pkg:pypi/a@1.0.post1", True),
        ("vers:pypi/>=1.0|<2.0", "pkg:pypi/a@1.0rc1", False),
        ("vers:golang/>=v0.1.0", "pkg:golang/x/y@v0.2.0", True),
        ("vers:maven/1.0|1.1", "pkg:maven/g/a@1.1", True),
    ],
)
def test_range_holds_the_versions_between_its_bounds(range_: str, purl: str, within: bool) -> None:
    versions.check(range_)
    assert in_range(range_, purl) is within


def test_package_url_is_told_apart_from_its_version() -> None:
    assert without_version("pkg:npm/%40s/a@1.0.0?x=y") == "pkg:npm/%40s/a"
    assert without_version("not a purl") == "not a purl"
