"""Licences: expressions, names, bills of materials and lock files, down to the verdict."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.model.bom import Bom

from tests.unit.gates.running import judged, rules
from writ.contracts.action import Verdict
from writ.contracts.errors import ContractError
from writ.gates.licences import cyclonedx, locks
from writ.gates.licences.expression import MOST, declared, parse
from writ.gates.model import Effect

BOMS = sorted((Path(__file__).parents[2] / "data" / "sbom").glob("*.json.gz"))


def bom(*components: dict[str, Any], version: str = "1.5") -> str:
    whole = [{"type": "library", "name": "left-pad", "version": "1.3.0", **item} for item in components]
    return json.dumps({"bomFormat": "CycloneDX", "specVersion": version, "version": 1, "components": whole})


def of(*licences: dict[str, Any], purl: str = "pkg:npm/left-pad@1.3.0") -> str:
    return bom({"purl": purl, "licenses": list(licences)})


def expression(text: str) -> dict[str, Any]:
    return {"expression": text}


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("MIT", []),
        ("mit", []),
        ("MPL-2.0", []),
        ("GPL-3.0-only", ["licences/strong-copyleft"]),
        ("GPL-2.0+", ["licences/strong-copyleft"]),
        ("AGPL-3.0", ["licences/forbidden"]),
        ("GPL-3.0-only OR MIT", []),
        ("GPL-3.0-only AND MIT", ["licences/strong-copyleft"]),
        ("MIT AND (GPL-3.0-only OR (BSD-3-Clause AND SSPL-1.0))", ["licences/strong-copyleft"]),
        ("MIT AND (GPL-3.0-only OR (BSD-3-Clause AND ISC))", []),
        ("GPL-2.0-only WITH Classpath-exception-2.0", []),
        ("GPL-2.0-with-classpath-exception", []),
        ("(CDDL-1.0 OR GPL-2.0-with-classpath-exception)", []),
        ("GPL-3.0-or-later WITH GCC-exception-3.1", []),
        ("Apache-2.0 WITH LLVM-exception", []),
        ("GPL-2.0-only WITH u-boot-exception-2.0", ["licences/strong-copyleft"]),
        ("LicenseRef-Ours", ["licences/ungrouped"]),
        ("LicenseRef-Ours OR MIT", []),
        ("Frobnicate-1.0", ["licences/unknown"]),
        ("MIT OR", ["licences/unknown"]),
        ("(MIT", ["licences/unknown"]),
        ("MIT WITH MIT", ["licences/unknown"]),
        ("NONE", ["licences/unknown"]),
        ("NOASSERTION", ["licences/unknown"]),
        ("A" * 5000, ["licences/unreadable"]),
        ("A" * 1000, ["licences/unknown"]),
        ("(" * 900 + "MIT" + ")" * 90, ["licences/unknown"]),
        ("LicenseRef-MIT-TC", ["licences/ungrouped"]),
        ("GPL OR SSPL-1.0", ["licences/unknown"]),
        ("GPL OR MIT", ["licences/unknown"]),
    ],
)
def test_expression_is_judged_whole(said: str, found: list[str]) -> None:
    assert rules(judged({"bom.json": of(expression(said))}, "licences")) == found


def test_choice_that_was_made_is_recorded() -> None:
    report = judged({"bom.json": of(expression("GPL-3.0-only OR MIT"))}, "licences")
    assert [record.message for record in report.gates[0].records] == ["MIT chosen of GPL-3.0-only OR MIT"]


def test_alternatives_past_counting_are_unknown() -> None:
    many = " AND ".join(
        f"(MIT OR {id})" for id in ("ISC", "0BSD", "Zlib", "X11", "NTP", "curl", "NCSA", "FTL")
    )
    assert MOST < 2**8
    assert "alternatives" in parse(many).problem


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("The Apache Software License, Version 2.0", "Apache-2.0"),
        ("ASL 2.0", "Apache-2.0"),
        ("GPL v2", "GPL-2.0-only"),
        ("MPL 2.0 or EPL 1.0", "MPL-2.0 OR EPL-1.0"),
        ("GNU General Public License, version 2 (GPL2), with the classpath exception",) * 1
        + ("GPL-2.0-only WITH Classpath-exception-2.0",),
        ("BSD 3-clause New License", "BSD-3-Clause"),
        ("License :: OSI Approved :: GNU Lesser General Public License v3 (LGPLv3)", "LGPL-3.0-only"),
    ],
)
def test_name_is_read_where_it_means_one_licence(name: str, shown: str) -> None:
    assert declared([name], "AND").shown == shown


@pytest.mark.parametrize(
    "name", ["BSD", "BSD License", "GNU Lesser General Public License", "Apache Software License", "GPL"]
)
def test_name_of_a_family_is_unknown(name: str) -> None:
    assert "names several licences" in declared([name], "AND").problem


@pytest.mark.parametrize(
    ("purl", "effects"),
    [("pkg:maven/org.x/y@1", []), ("pkg:composer/x/y@1", []), ("pkg:npm/y@1", [Effect.DENY])],
)
def test_list_is_a_choice_where_the_ecosystem_says_so(purl: str, effects: list[Effect]) -> None:
    report = judged(
        {"bom.json": of({"license": {"id": "GPL-3.0-only"}}, {"license": {"id": "MIT"}}, purl=purl)},
        "licences",
    )
    assert [violation.effect for violation in report.standing] == effects


def test_branch_of_a_choice_that_nobody_can_read_is_none_to_choose() -> None:
    assert declared(["Some License", "MIT"], "OR").shown == "MIT"
    assert declared(["Some License", "MIT"], "AND").problem


def test_concluded_licence_counts_more_than_a_declared_one() -> None:
    said = [
        {"license": {"id": "GPL-3.0-only", "acknowledgement": "declared"}},
        {"license": {"id": "MIT", "acknowledgement": "concluded"}},
    ]
    assert judged({"bom.json": of(*said)}, "licences").verdict is Verdict.ALLOW


def test_nested_components_count_and_excluded_ones_do_not() -> None:
    inner = {"type": "library", "name": "inner", "licenses": [expression("SSPL-1.0")]}
    mit = [expression("MIT")]
    assert rules(judged({"bom.json": bom({"licenses": mit, "components": [inner]})}, "licences")) == [
        "licences/forbidden"
    ]
    assert (
        rules(
            judged(
                {"bom.json": bom({"licenses": mit, "components": [{**inner, "scope": "excluded"}]})},
                "licences",
            )
        )
        == []
    )


def test_violation_says_where_and_what_would_cover_it() -> None:
    text = json.dumps(json.loads(of(expression("SSPL-1.0"))), indent=1)
    (violation,) = judged({"app/sbom.json": text}, "licences").standing
    line = 1 + next(n for n, part in enumerate(text.splitlines()) if '"purl"' in part)
    assert str(violation.place) == f"app/sbom.json:{line}"
    assert violation.cover is not None
    assert violation.cover.scope.component == "pkg:npm/left-pad"
    assert violation.cover.scope.path == "app/sbom.json"
    assert "Remove left-pad 1.3.0" in violation.remediation.text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"bomFormat": "CycloneDX", "specVersion": "1.4", "components": [{}]}', "components.0.name"),
        ('{"bomFormat": "CycloneDX", "specVersion": "1.1"}', "CycloneDX 1.1 is not read"),
        ('{"bomFormat": "CycloneDX", "specVersion": "1.4", "components": 5}', "components"),
        ('{"bomFormat": "CycloneDX"', "not JSON, line 1"),
        (bom({"licenses": [{"license": {"id": 7}}]}), "components.0.licenses.0.license.id"),
        ('{"bomFormat": "CycloneDX", "components":' + "[" * 5000, "not JSON"),
    ],
)
def test_broken_bill_of_materials_is_unknown_and_named(text: str, said: str) -> None:
    report = judged({"bom.json": text}, "licences")
    assert report.verdict is Verdict.UNKNOWN
    assert rules(report) == ["licences/unreadable"]
    assert said in report.violations[0].why


def test_xml_is_refused_and_not_passed_over() -> None:
    report = judged({"bom.xml": "<bom/>"}, "licences")
    assert "CycloneDX in XML is not read" in report.violations[0].why
    assert report.verdict is Verdict.UNKNOWN


@pytest.mark.filterwarnings("ignore::cyclonedx.schema.deprecation.BaseSchemaDeprecationWarning")
@pytest.mark.parametrize("path", BOMS, ids=lambda path: path.stem)
def test_real_bills_of_materials_are_read_as_the_library_reads_them(path: Path) -> None:
    text = gzip.decompress(path.read_bytes()).decode()
    ours = {(item.name.rpartition("/")[2], item.version, item.purl) for item in cyclonedx.read("b", text)}
    bom_of_library = Bom.from_json(json.loads(text))  # type: ignore[attr-defined]
    theirs = {
        (item.name.rpartition("/")[2], item.version or "", str(item.purl or ""))
        for item in bom_of_library.components
    }
    assert {entry[:2] for entry in ours} == {entry[:2] for entry in theirs}
    assert len(ours) == len(theirs)


def test_there_are_real_bills_of_materials() -> None:
    assert len(BOMS) == 4


def test_requirements_are_read_with_their_lines() -> None:
    text = (
        "# tools\n-r other.txt\nAlpha_Beta==1.0 \\\n    --hash=sha256:00\n"
        'gamma[x]>=2 ; python_version < "4"  # why\nhttps://x.example/p.whl\n-e .\n\ndelta===3\n'
    )
    found = [(item.purl, item.line) for item in locks.requirements("requirements.txt", text)]
    assert found == [("pkg:pypi/alpha-beta@1.0", 3), ("pkg:pypi/gamma", 5), ("", 6), ("pkg:pypi/delta@3", 9)]


def test_project_is_read_where_nothing_pins_it() -> None:
    text = (
        '[project]\ndependencies = ["rich>=1"]\n[dependency-groups]\ndev = ["ruff", {include-group = "x"}]\n'
    )
    assert [(item.name, item.scope) for item in locks.project("pyproject.toml", text)] == [
        ("rich", "runtime"),
        ("ruff", "development"),
    ]
    files = {"pyproject.toml": text, "requirements.lock": "rich==1.0\n"}
    report = judged(files, "licences", beside={"licences": {"pkg:pypi/rich@1.0": ("MIT",)}})
    assert report.verdict is Verdict.ALLOW
    assert report.gates[0].counted["components"] == 1


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('[[package]]\nname = "a"\nversion = "1"\n\n[[package]]\nname = "b"\nversion = "2"\n', ["a", "b"]),
        ('[[package]]\nname = "me"\nversion = "0"\nsource = {editable = "."}\n', []),
        ('[[packages]]\nname = "c"\nversion = "3"\n', ["c"]),
    ],
)
def test_toml_locks_are_read(text: str, names: Sequence[str]) -> None:
    assert [item.name for item in locks.toml_lock("uv.lock", text)] == names


def test_package_lock_states_licences() -> None:
    packages = {
        "": {"name": "me"},
        "node_modules/a": {"version": "1", "license": "MIT"},
        "node_modules/@s/b": {"version": "2", "license": "GPL-3.0-only", "dev": True},
        "node_modules/a/node_modules/c": {"version": "3", "licenses": [{"type": "SSPL-1.0"}]},
        "packages/ours": {"version": "4"},
        "node_modules/ours": {"link": True},
    }
    text = json.dumps({"lockfileVersion": 3, "packages": packages}, indent=2)
    report = judged({"package-lock.json": text}, "licences")
    assert [(v.rule, v.effect, v.subject) for v in report.violations] == [
        ("licences/forbidden", Effect.DENY, "c 3"),
        ("licences/strong-copyleft", Effect.NOTE, "@s/b 2"),
    ]
    assert report.violations[0].place is not None
    line = report.violations[0].place.line
    assert line is not None
    assert "node_modules/c" in text.splitlines()[line - 1]


def test_old_package_lock_knows_no_licences() -> None:
    text = json.dumps({"lockfileVersion": 1, "dependencies": {"a": {"version": "1", "dependencies": {}}}})
    assert rules(judged({"package-lock.json": text}, "licences")) == ["licences/unknown"]


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (locks.package_lock, "[]"),
        (locks.package_lock, '{"packages": {"node_modules/a": {}}}'),
        (locks.package_lock, '{"packages": 3}'),
        (locks.package_lock, "{"),
        (locks.toml_lock, "[[package]]\nversion = 1\n"),
        (locks.toml_lock, "package = 1\n"),
        (locks.toml_lock, "="),
        (locks.project, "[project]\ndependencies = 1\n"),
        (locks.project, "project = 1\n"),
        (locks.requirements, "!!!\n"),
    ],
)
def test_broken_lock_file_is_one_error_that_names_it(read: Any, text: str) -> None:
    with pytest.raises(ContractError) as caught:
        read("the.lock", text)
    assert (caught.value.field or "").startswith("the.lock")


def test_files_of_dependencies_are_not_judged_again() -> None:
    files = {"node_modules/x/bom.json": of(expression("SSPL-1.0")), ".venv/lib/requirements.txt": "a==1\n"}
    report = judged(files, "licences")
    assert report.gates[0].skipped == "there is no bill of materials and no lock file"


@pytest.mark.parametrize(
    "line",
    [
        "git+https://ann:secret@forge.example/x.git@main",
        "-e git+ssh://git@forge.example/x.git#egg=x",
        "--editable=git+https://forge.example/x.git",
        "-e git@forge.example:x/y.git",
        "https://files.example/x-1.0-py3-none-any.whl --hash=sha256:aa",
        "file:///x.whl",
    ],
)
def test_requirement_from_an_address_has_an_unknown_licence(line: str) -> None:
    report = judged({"requirements.txt": f"# first\n{line}\n"}, "licences")
    assert rules(report) == ["licences/unknown"]
    assert str(report.standing[0].place) == "requirements.txt:2"
    assert "secret" not in report.model_dump_json()


def test_project_itself_is_no_component_of_its_requirements() -> None:
    assert locks.requirements("requirements.txt", "-e .\n-r other.txt\n--hash=x\n") == ()


def test_requirements_beside_a_project_hide_none_of_its_dependencies() -> None:
    files = {"pyproject.toml": '[project]\ndependencies = ["left"]\n', "requirements-docs.txt": ""}
    assert rules(judged(files, "licences")) == ["licences/unknown"]
    files["requirements-all.lock"] = ""
    assert rules(judged(files, "licences")) == []


@pytest.mark.parametrize("name", ["bom.json", "a.cdx.json", "sbom-1.json"])
def test_file_called_a_bill_of_materials_is_read_as_one(name: str) -> None:
    assert rules(judged({name: "{}"}, "licences")) == ["licences/unreadable"]


def test_bill_of_materials_is_found_wherever_it_says_what_it_is() -> None:
    document = {"a": "x" * 5000, **json.loads(of(expression("SSPL-1.0"))), "b": "x" * 5000}
    assert rules(judged({"any.json": json.dumps(document)}, "licences")) == ["licences/forbidden"]
