"""APIs: a change of a document is judged by what it does to clients, and by the version it gives."""

from __future__ import annotations

import json
from typing import Any, Final

from tests.support.openapi import answers
from tests.unit.gates.running import judged, rules
from writ.contracts.action import Verdict

STRING: Final = {"type": "string"}
NULLABLE: Final = {"type": ["string", "null"]}


def document(schema: Any, version: str = "1.2.0", title: str = "Things") -> str:
    return json.dumps(answers(schema, info={"title": title, "version": version}), indent=2)


def test_what_breaks_clients_is_denied_at_the_path_and_says_the_next_version() -> None:
    report = judged({"api.json": document(NULLABLE)}, "openapi", base={"api.json": document(STRING)})
    assert (report.verdict, rules(report)) == (Verdict.DENY, ["openapi/breaking"])
    (violation,) = report.standing
    assert violation.subject == "schema.null-added POST /things response 200 application/json"
    assert violation.place is not None
    assert '"/things"' in document(NULLABLE).splitlines()[(violation.place.line or 0) - 1]
    assert violation.remediation.text.endswith("or raise info.version to 2.0.0.")
    assert [each.rule for each in report.violations] == ["openapi/breaking", "openapi/version"]


def test_what_breaks_clients_and_says_so_needs_a_person() -> None:
    for version in ("2.0.0", "2.0.0-rc.1"):
        files = {"api.json": document(NULLABLE, version)}
        assert judged(files, "openapi", base={"api.json": document(STRING)}).verdict is Verdict.REVIEW


def test_what_breaks_nobody_passes_and_a_version_too_small_is_noted() -> None:
    report = judged({"api.json": document(STRING)}, "openapi", base={"api.json": document(NULLABLE)})
    assert (report.verdict, [each.rule for each in report.violations]) == (Verdict.ALLOW, ["openapi/version"])
    raised = {"api.json": document(STRING, "1.3.0")}
    assert judged(raised, "openapi", base={"api.json": document(NULLABLE)}).violations == ()


def test_what_cannot_be_said_does_not_pass_whatever_the_version() -> None:
    base = {"api.json": document(STRING)}
    for schema in ({"$ref": "other.json"}, {"type": "text"}):
        report = judged({"api.json": document(schema, "2.0.0")}, "openapi", base=base)
        assert (report.verdict, rules(report)) == (Verdict.UNKNOWN, ["openapi/undecided"])
        assert report.standing[0].remediation.text.endswith("needs an exception.")


def test_a_document_that_cannot_be_read_any_more_does_not_pass() -> None:
    report = judged({"api.json": "{"}, "openapi", base={"api.json": document(STRING)})
    assert (report.verdict, rules(report)) == (Verdict.UNKNOWN, ["openapi/unreadable"])


def test_a_document_that_is_none_any_more_does_not_pass() -> None:
    report = judged({"api.json": "{}"}, "openapi", base={"api.json": document(STRING)})
    assert (report.verdict, rules(report)) == (Verdict.UNKNOWN, ["openapi/undecided"])


def test_a_moved_document_is_compared_with_what_it_was() -> None:
    base = {"api.json": document(STRING)}
    assert judged({"v1/api.json": document(STRING)}, "openapi", base=base).verdict is Verdict.ALLOW
    assert rules(judged({"v1/api.json": document(NULLABLE)}, "openapi", base=base)) == ["openapi/breaking"]


def test_a_deleted_document_needs_a_person() -> None:
    report = judged({"b.json": document(STRING, title="B")}, "openapi", base={"api.json": document(STRING)})
    assert (report.verdict, rules(report)) == (Verdict.REVIEW, ["openapi/gone"])


def test_a_sunset_is_judged_on_the_day_of_the_run() -> None:
    def deprecated(day: str) -> dict[str, str]:
        old = answers(STRING)
        old["paths"]["/things"]["post"] |= {"deprecated": True, "x-sunset": day}
        return {"api.yaml": json.dumps(old)}

    now = {"api.yaml": json.dumps({**answers(STRING), "paths": {}})}
    assert judged(now, "openapi", base=deprecated("2026-11-25")).verdict is Verdict.ALLOW
    assert rules(judged(now, "openapi", base=deprecated("2026-11-26"))) == ["openapi/breaking"]


def test_more_than_is_listed_does_not_pass() -> None:
    def many(kind: str, version: str) -> dict[str, str]:
        schema = {"type": "object", "properties": {f"p{at}": {"type": kind} for at in range(250)}}
        # Two operations, for one schema keeps two hundred.
        found = answers(schema, info={"title": "Things", "version": version})
        found["paths"]["/others"] = found["paths"]["/things"]
        return {"api.json": json.dumps(found)}

    report = judged(many("integer", "2.0.0"), "openapi", base=many("string", "1.0.0"))
    assert report.verdict is Verdict.UNKNOWN
    assert "200 more changes break clients or are unknown" in [each.why for each in report.standing]


def test_other_files_and_runs_without_a_base_are_not_asked() -> None:
    base = {"a.json": "{}", "b.yaml": "a: 1"}
    report = judged({"a.json": "[]", "b.yaml": "a: 2"}, "openapi", base=base)
    assert report.gates[0].skipped == "no OpenAPI document was changed"
    without = judged({"api.json": document(STRING)}, "openapi")
    assert without.gates[0].skipped == "documents are compared with a base: --base"
