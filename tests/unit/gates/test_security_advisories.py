"""The gate of security on components: what OSV says is affected; what cannot be told is no pass."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.gates.advisories import MemoryMirror, advisory, mirror
from tests.unit.gates.running import NOW, judged, rules
from writ.contracts.action import Verdict
from writ.gates.licences.component import Component
from writ.gates.model import Effect, Report, Severity
from writ.gates.security.advisory import Affected, key_of, repository_key
from writ.gates.security.matching import Subject, subject_of
from writ.gates.security.mirror import search
from writ.gates.security.outside import Outside
from writ.gates.security.ranges import is_affected
from writ.gates.tree import MemoryTree, patch

SAMPLES = Path(__file__).parents[2] / "data/osv"
REQUIREMENTS = "django==3.2.1\n"


def found(files: Any = REQUIREMENTS, *advisories: dict[str, Any], given: Outside | None = None) -> Report:
    files = {"requirements.txt": files} if isinstance(files, str) else files
    outside = given or Outside(mirror(*advisories or [advisory()]))
    return judged(files, "security", beside={"security": outside})


def affected(
    kind: str, *events: dict[str, str], ecosystem: str = "PyPI", versions: list[str] | None = None
) -> Affected:
    ranges = [{"type": kind, "events": list(events)}] if events else None
    package = {"ecosystem": ecosystem, "name": "x"}
    return Affected.model_validate({"package": package, "ranges": ranges, "versions": versions})


def scored(kind: str, vector: str) -> dict[str, Any]:
    return {"severity": [{"type": kind, "score": vector}]}


@pytest.mark.parametrize(
    ("version", "verdict"),
    [
        ("0.9", True),
        ("1.0rc1", True),
        ("1.0", False),
        ("1.5", False),
        ("2.0", True),
        ("2.0.post1", True),
        ("2.1", True),
        ("2.2", False),
        ("1!0.1", False),
        ("2.1+local", False),
        ("not a version", None),
    ],
)
def test_pypi_goes_by_the_order_of_pep_440(version: str, verdict: bool | None) -> None:
    events = ({"introduced": "0"}, {"fixed": "1.0"}, {"introduced": "2.0"}, {"last_affected": "2.1"})
    assert is_affected(affected("ECOSYSTEM", *events), "PyPI", version) is verdict


@pytest.mark.parametrize(
    ("version", "verdict"),
    [
        ("1.0.0-alpha.2", False),
        ("1.0.0-alpha.10", True),
        ("1.0.0", True),
        ("1.9.9+build", True),
        ("2.0.0-rc.1", True),
        ("2.0.0", False),
        ("latest", None),
    ],
)
def test_npm_goes_by_the_order_of_semantic_versions(version: str, verdict: bool | None) -> None:
    span = affected("SEMVER", {"introduced": "1.0.0-alpha.9"}, {"fixed": "2.0.0"}, ecosystem="npm")
    assert is_affected(span, "npm", version) is verdict


def test_events_count_in_their_order_and_not_as_they_are_written() -> None:
    events = ({"fixed": "2.0"}, {"introduced": "3.0"}, {"introduced": "0"})
    verdicts = [is_affected(affected("ECOSYSTEM", *events), "PyPI", version) for version in ("1", "2", "3")]
    assert verdicts == [True, False, True]


def test_limits_end_what_has_no_other_end() -> None:
    limited = affected("ECOSYSTEM", {"introduced": "1"}, {"limit": "2"})
    assert [is_affected(limited, "PyPI", version) for version in ("1.5", "2", "3")] == [True, False, False]
    unlimited = affected("ECOSYSTEM", {"introduced": "1"}, {"limit": "*"})
    assert is_affected(unlimited, "PyPI", "99") is True


def test_a_listed_version_is_affected_however_it_is_spelt() -> None:
    assert is_affected(affected("ECOSYSTEM", versions=["1.0"]), "PyPI", "1.0.0") is True
    assert is_affected(affected("ECOSYSTEM", versions=["1.0"]), "PyPI", "1.1") is False


def test_the_list_decides_where_nobody_knows_the_order() -> None:
    span = affected("ECOSYSTEM", {"introduced": "0"}, {"fixed": "2"}, ecosystem="Maven", versions=["1.0-jre"])
    assert is_affected(span, "Maven", "1.0-jre") is True
    assert is_affected(span, "Maven", "1.0-android") is False
    unlisted = affected("ECOSYSTEM", {"introduced": "0"}, {"fixed": "2"}, ecosystem="Maven")
    assert is_affected(unlisted, "Maven", "1.0-jre") is None


def test_an_advisory_that_names_no_versions_decides_nothing() -> None:
    assert is_affected(affected("ECOSYSTEM"), "PyPI", "1") is None
    assert is_affected(affected("ECOSYSTEM", {"introduced": "x.y"}), "PyPI", "1") is None


def test_commits_are_told_where_the_range_names_them() -> None:
    one, two, other = "a" * 40, "b" * 40, "c" * 40
    span = affected("GIT", {"introduced": one}, {"fixed": two})
    assert [is_affected(span, "GIT", commit) for commit in (one, two, other)] == [True, False, None]


@pytest.mark.parametrize(
    ("purl", "key"),
    [
        ("pkg:pypi/Ruamel_yaml@1", ("PyPI", "ruamel-yaml")),
        ("pkg:npm/%40Scope/Name@1", ("npm", "@Scope/Name")),
        ("pkg:maven/org.a/b@1", ("Maven", "org.a:b")),
        ("pkg:github/Actions/Checkout@v4", ("GitHub Actions", "actions/checkout")),
        ("pkg:golang/github.com/a/b@v1.0.0", ("Go", "github.com/a/b")),
        ("pkg:deb/debian/curl@7", None),
        ("left-pad", None),
    ],
)
def test_package_urls_name_packages_of_osv(purl: str, key: tuple[str, str] | None) -> None:
    assert key_of(purl) == key


def test_a_repository_is_one_however_its_address_is_written() -> None:
    ways = ["https://git.example/a/b", "git+https://git.example/a/b.git", "git@git.example:a/b.git"]
    ways += ["ssh://git@git.example/A/b/", "https://user:token@git.example/a/b.git"]
    assert {repository_key(way) for way in ways} == {("GIT", "git.example/a/b")}


def test_a_known_weakness_is_denied_with_its_fix_and_a_patch() -> None:
    vector = {"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}
    later = advisory("GHSA-2", events=[{"introduced": "3.2.4"}, {"fixed": "3.2.9"}])
    report = found("# web\nDjango == 3.2.1  # pinned\n", advisory(severity=[vector]), later)
    violation = report.violations[0]
    assert (violation.rule, violation.severity, violation.effect) == (
        "security/vulnerable",
        Severity.CRITICAL,
        Effect.DENY,
    )
    assert violation.place is not None
    assert violation.place.line == 2
    assert "(CVSS 9.8)" in violation.why
    assert "Take version 3.2.4 or newer; 3.2.9 is the lowest" in violation.remediation.text
    assert violation.remediation.patch is not None
    assert "+Django == 3.2.9  # pinned\n" in violation.remediation.patch
    assert violation.cover is not None
    assert violation.cover.scope.component == "pkg:pypi/django"


@pytest.mark.parametrize(
    "line",
    [
        "django==3.2.1 --hash=sha256:00\n",
        "django==3.2.1 \\\n    --hash=sha256:00\n",
        "# This file is autogenerated by pip-compile\ndjango==3.2.1\n",
        "--require-hashes\ndjango==3.2.1\n",
    ],
)
def test_no_patch_is_offered_where_more_than_the_version_would_have_to_change(line: str) -> None:
    violation = found(line).violations[0]
    assert (violation.rule, violation.remediation.patch) == ("security/vulnerable", None)


def test_no_patch_crosses_a_major_version() -> None:
    report = found(REQUIREMENTS, advisory(events=[{"introduced": "0"}, {"fixed": "4.0"}]))
    assert report.violations[0].remediation.patch is None
    assert "4.0" in report.violations[0].remediation.text


def test_patch_keeps_line_breaks() -> None:
    report = found("django==3.2.1\r\nrich==1.0\r\n")
    edits = report.violations[0].remediation.edits
    assert edits[0].text == "django==3.2.4\r\n"
    assert patch(MemoryTree({"requirements.txt": b"django==3.2.1\r\n"}), edits) is not None


def test_one_weakness_of_many_databases_is_told_once() -> None:
    three = [
        advisory("PYSEC-1", aliases=["CVE-1"], database_specific=None),
        advisory("GHSA-1", aliases=["CVE-1"]),
        advisory("OTHER-1", aliases=["PYSEC-1"], database_specific={"severity": "LOW"}),
    ]
    (violation,) = found(REQUIREMENTS, *three).standing
    assert "CVE-1 (GHSA-1, OTHER-1, PYSEC-1), high" in violation.why
    assert violation.link == "https://osv.dev/vulnerability/GHSA-1"


@pytest.mark.parametrize(
    ("withdrawn", "stands"),
    [("2026-11-01T00:00:00Z", 0), ("2999-01-01T00:00:00Z", 1), ("yes", 1), ("2026-11-01", 1)],
)
def test_only_what_was_taken_back_by_now_does_not_count(withdrawn: str, stands: int) -> None:
    report = found(REQUIREMENTS, advisory(withdrawn=withdrawn))
    assert len(report.standing) == stands


def test_an_attack_is_denied() -> None:
    attack = advisory("MAL-2026-1", "left-pad", "npm", events=[], versions=["1.3.0"], database_specific={})
    lock = {"lockfileVersion": 3, "packages": {"node_modules/left-pad": {"version": "1.3.0", "dev": True}}}
    report = found({"package-lock.json": json.dumps(lock)}, attack)
    assert [(item.rule, item.severity) for item in report.standing] == [
        ("security/malicious", Severity.CRITICAL)
    ]


@pytest.mark.parametrize(
    ("change", "severity"),
    [
        (scored("CVSS_V4", "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"), "critical"),
        (scored("CVSS_V2", "AV:N/AC:L/Au:N/C:P/I:P/A:P"), "high"),
        (scored("CVSS_V3", "CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N"), "low"),
        (scored("CVSS_V3", "nonsense" * 50), "high"),
        ({"database_specific": {"severity": "MODERATE"}}, "medium"),
        ({"database_specific": {"severity": 7}}, "unrated"),
        ({"database_specific": None, "ecosystem_specific": {"severity": "critical"}}, "critical"),
    ],
)
def test_severity_is_that_of_the_vector_else_the_word_of_the_database(
    change: dict[str, Any], severity: str
) -> None:
    whys = [item.why for item in found(REQUIREMENTS, advisory(**change)).violations]
    assert any(f"GHSA-1, {severity}" in why for why in whys)


def test_what_nobody_rated_is_unknown() -> None:
    report = found(REQUIREMENTS, advisory(database_specific={}))
    assert [(item.effect, item.severity) for item in report.standing] == [(Effect.UNKNOWN, Severity.HIGH)]


def test_what_is_not_pinned_is_unknown_where_something_is_known_of_it() -> None:
    report = found("django>=3\nrich>=1\n")
    assert [(item.rule, item.effect) for item in report.standing] == [("security/undecided", Effect.UNKNOWN)]


def test_a_commit_of_a_repository_is_looked_up() -> None:
    commit, repository = "a" * 40, "https://git.example/acme/lib"
    item = advisory(id="OSV-1")
    events = [{"introduced": commit}, {"fixed": "b" * 40}]
    item["affected"] = [{"ranges": [{"type": "GIT", "repo": repository, "events": events}]}]
    report = found(f"git+{repository}.git@{commit}#egg=lib\n", item)
    assert rules(report) == ["security/vulnerable"]
    assert rules(found(f"git+{repository}.git@{'c' * 40}\n", item)) == ["security/undecided"]
    assert rules(found(f"git+https://git.example/acme/other@{commit}\n", item)) == []


@pytest.mark.parametrize(
    ("name", "key", "version"),
    [
        ("git+https://git.example/a/b.git@" + "a" * 40 + "#egg=b", "git.example/a/b", "a" * 40),
        ("git+ssh://git@git.example/a/b@v1.0", "git.example/a/b", "v1.0"),
        ("git@git.example:a/b.git", "git.example/a/b", ""),
        ("https://git.example/a/b.git", "git.example/a/b", ""),
        ("https://files.example/b-1.0.tar.gz", None, None),
        ("left-pad", None, None),
    ],
)
def test_a_repository_is_known_by_its_address(name: str, key: str | None, version: str | None) -> None:
    subject = subject_of(Component(name, "", "", (), "requirements.txt"))
    assert subject == (None if key is None else Subject(("GIT", key), str(version)))


def test_what_comes_from_an_address_is_not_passed_over() -> None:
    assert rules(found("https://files.example/b-1.0.tar.gz\n")) == ["security/unmatched"]
    assert rules(found("git+https://git.example/a/b@v1\n")) == ["security/advisories-missing"]


def test_no_mirror_is_unknown_and_never_allowed() -> None:
    report = found(given=Outside())
    assert (report.verdict, rules(report)) == (Verdict.UNKNOWN, ["security/advisories-missing"])
    assert judged({"a.txt": "x"}, "security").verdict is Verdict.ALLOW


def test_a_mirror_without_an_ecosystem_says_nothing_of_it() -> None:
    report = found({"requirements.txt": "rich==1.0\n"}, advisory(name="x", ecosystem="npm"))
    assert rules(report) == ["security/advisories-missing"]
    assert "no advisories of PyPI" in report.standing[0].why


@pytest.mark.parametrize(
    ("modified", "stands"),
    [
        ("2026-11-20T00:00:00Z", []),
        ("2026-11-10T00:00:00Z", ["security/advisories-old"]),
        ("2999-01-01T00:00:00Z", ["security/advisories-missing"]),
        ("", ["security/advisories-missing"]),
    ],
)
def test_a_mirror_is_as_old_as_its_newest_advisory(modified: str, stands: list[str]) -> None:
    assert rules(found("rich==1.0\n", advisory(name="other", modified=modified))) == stands


@pytest.mark.parametrize(
    "given",
    [
        MemoryMirror({}, broken="it cannot be unpacked"),
        mirror(advisory(), bad_json=b"{"),
        mirror(advisory(), bad_json=b'{"affected": []}'),
        mirror(advisory(), bad_json=b'{"id": "X", "affected": [7]}'),
        mirror(advisory(), bad_json=b'{"id": "X", "affected": [{"package": {"name": "a"}}]}'),
        mirror(advisory(), bad_json=b"[" * 100_000),
        mirror(advisory(), bad_yaml=b"a: " + b"[" * 100_000),
        mirror(advisory(), bad_yaml=b"\xff\xfe"),
        mirror(advisory(), bad_json=json.dumps(advisory("X", events=[{"introduced": 7}])).encode()),  # type: ignore[dict-item]
        mirror(advisory(), bad_json=json.dumps(advisory("../../x")).encode()),
    ],
)
def test_a_mirror_that_cannot_be_read_whole_is_unknown(given: MemoryMirror) -> None:
    report = found("rich==1.0\ndjango==9\n", given=Outside(given))
    assert (report.verdict, set(rules(report))) == (Verdict.UNKNOWN, {"security/unreadable"})


def test_many_broken_files_are_counted_and_not_all_told() -> None:
    given = mirror(advisory(), **{f"n{number}_json": b"{" for number in range(50)})
    report = found("rich==1.0\n", given=Outside(given))
    assert len(report.standing) == 21
    assert any("30 more files" in item.why for item in report.standing)


def test_of_an_advisory_that_is_there_twice_the_newer_counts() -> None:
    old = advisory(modified="2026-11-20T00:00:00Z")
    new = advisory(modified="2026-11-24T00:00:00Z", events=[{"introduced": "0"}, {"fixed": "1"}])
    assert rules(found(REQUIREMENTS, old, new)) == rules(found(REQUIREMENTS, new, old)) == []


def test_what_advisories_have_no_name_for_is_unknown() -> None:
    bom = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"name": "own", "version": "1"}]}
    report = found({"bom.json": json.dumps(bom)})
    assert (report.verdict, rules(report)) == (Verdict.UNKNOWN, ["security/unmatched"])


def test_a_new_release_waits_and_one_without_a_date_is_a_note() -> None:
    lock = (
        'version = 1\n[[package]]\nname = "rich"\nversion = "1.0"\n'
        'sdist = {url = "x", upload-time = "2026-11-01T00:00:00Z"}\n'
        'wheels = [{url = "y", upload-time = "2026-11-25T06:00:00Z"}]\n'
    )
    report = found({"uv.lock": lock})
    assert [(item.rule, item.effect) for item in report.standing] == [("security/too-new", Effect.REVIEW)]
    assert "6 hours ago" in report.standing[0].why
    notes = found("rich==1.0\n").violations
    assert [(item.rule, item.effect) for item in notes] == [("security/age-unknown", Effect.NOTE)]


@pytest.mark.parametrize(
    ("moment", "stands"),
    [
        ("2026-11-25T06:00:00Z", ["security/too-new"]),
        ("2027-01-01", ["security/too-new"]),
        ("2026-11-01", []),
        ("soon", []),
    ],
)
def test_dates_of_releases_may_be_given(moment: str, stands: list[str]) -> None:
    given = Outside(mirror(advisory()), released={"pkg:pypi/rich@1.0": moment})
    assert rules(found("rich==1.0\n", given=given)) == stands


@pytest.mark.parametrize("package", ["flask", "jinja2", "urllib3"])
def test_every_version_that_real_advisories_list_is_affected(package: str) -> None:
    files = {path.name: path.read_bytes() for path in sorted((SAMPLES / package).glob("*.yaml"))}
    known = search(MemoryMirror(files), [("PyPI", package)], NOW)
    assert (known.problems, known.read) == ([], len(files))
    assert files
    for item in known.of(("PyPI", package)):
        raw = next(yaml.load(text, yaml.BaseLoader) for name, text in files.items() if item.id in name)
        for part, said in zip(item.affected, raw["affected"], strict=True):
            ranged = part.model_copy(update={"versions": None})
            assert all(is_affected(part, "PyPI", version) for version in said["versions"])
            if any(span["type"] == "ECOSYSTEM" for span in said.get("ranges", ())):
                # The database enumerates what its own ranges hold.
                assert all(is_affected(ranged, "PyPI", version) for version in said["versions"])
