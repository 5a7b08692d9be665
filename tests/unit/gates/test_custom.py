"""A repository's own policies: what they are given, what they may not do, and that none passes silently."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cli.gates import custom_policies
from tests.unit.gates.running import NOW, judged, rules
from tests.unit.gates.test_licences import expression, of
from writ.contracts.action import Verdict
from writ.gates import sarif
from writ.gates.custom import policies, question
from writ.gates.custom.policies import Policies
from writ.gates.gate import Context
from writ.gates.model import Effect, Report
from writ.gates.tree import MemoryTree
from writ.policy.bundle import Bundle

FOLDER = policies.FOLDER
HEAD = "package gates.custom.naming\n\nimport rego.v1\n\n"
RULE = """violations contains violation if {
	some path in input.files
	endswith(path, "utils.py")
	violation := {
		"rule": "no-utils",
		"severity": "medium",
		"subject": path,
		"why": concat(" ", [path, "says nothing of what is in it"]),
		"remediation": {"text": "Name it after what it does."},
		"place": {"path": path},
	}
}
"""
NAMING = HEAD + RULE
SHAPE = {"rule": "x", "severity": "low", "subject": "s", "why": "w", "remediation": {"text": "t"}}


def saying(value: Any) -> dict[str, str]:
    """A policy that says so, by way of its data."""
    return {
        f"{FOLDER}naming.rego": f"{HEAD}violations := data.said\n",
        f"{FOLDER}data.json": json.dumps({"said": value}),
    }


def ran(files: dict[str, str], base: dict[str, str] | None = None, pull: Any = None) -> Report:
    """The report with policies asked in this process, as the command asks them in another."""
    tree = MemoryTree(
        {path: text.encode() for path, text in files.items()},
        None if base is None else {path: text.encode() for path, text in base.items()},
    )
    context = Context("acme/shop", NOW, {"pull_request": pull})

    def here(mine: Policies, document: Any) -> dict[str, Any]:
        job = {"files": dict(mine.files), "names": mine.names, "input": document}
        return custom_policies.evaluate(job)

    patched = pytest.MonkeyPatch()
    patched.setattr(custom_policies, "ask", here)
    beside = {"pull_request": pull, "custom": custom_policies.answers(tree, context)}
    patched.undo()
    return judged(files, "custom", base=base, beside=beside)


def test_violation_has_the_shape_that_all_gates_share() -> None:
    report = ran({f"{FOLDER}naming.rego": NAMING, "a/utils.py": "", "b.py": ""})
    (violation,) = report.violations
    assert (violation.rule, violation.effect, violation.severity.value) == (
        "custom/naming-no-utils",
        Effect.DENY,
        "medium",
    )
    assert violation.cover
    assert (violation.cover.rule, violation.cover.scope.path) == (violation.rule, "a/utils.py")
    assert violation.rule in [rule.id for rule in report.rules]
    assert sarif.document(report, "0.1.0")["runs"][0]["results"][0]["ruleId"] == violation.rule
    assert report.gates[0].digest == Bundle.of({"naming.rego": NAMING}).digest


def test_effect_is_what_the_policy_says() -> None:
    report = ran(saying([{**SHAPE, "effect": "note"}]))
    assert (report.verdict, [violation.effect for violation in report.violations]) == (
        Verdict.ALLOW,
        [Effect.NOTE],
    )
    assert ran(saying([{**SHAPE, "effect": "review"}])).verdict is Verdict.REVIEW
    assert ran(saying([])).verdict is Verdict.ALLOW


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([{**SHAPE, "severity": "awful"}], "violations.0.severity"),
        ([{name: value for name, value in SHAPE.items() if name != "severity"}], "violations.0.severity"),
        ([SHAPE, {"rule": "x"}], "violations.1.subject"),
        ([{**SHAPE, "effect": "allow"}], "violations.0.effect"),
        ([{**SHAPE, "rule": "No Good"}], "violations.0.rule"),
        ([{**SHAPE, "rule": "r" * 48}], "violations.0.rule"),
        ([{**SHAPE, "place": {"path": "a", "line": 0}}], "violations.0.place.line"),
        ([{**SHAPE, "extra": 1}], "violations.0.extra"),
        ([{**SHAPE, "remediation": {"text": "t", "patch": "x"}}], "violations.0.remediation.patch"),
        (["text"], "violations.0"),
        ("text", "violations is not a set or an array"),
        ([SHAPE] * 501, "of 500 at most"),
    ],
)
def test_answer_of_another_shape_is_unknown_and_names_policy_and_field(value: Any, said: str) -> None:
    report = ran(saying(value))
    assert (report.verdict, rules(report)) == (Verdict.UNKNOWN, ["custom/unreadable"])
    (violation,) = report.violations
    assert violation.why.startswith(f"{FOLDER}naming.rego: ")
    assert said in violation.why


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("a.rego", HEAD + "violations := 1 if input.nothing\n", "undefined for this input"),
        ("a.rego", HEAD + "violations := [1] if {\n", "do not compile"),
        ("a.rego", HEAD + "other := 1\n", "has no rule violations"),
        ("a.rego", "package main\n\nviolations := []\n", "gates.custom.<name>"),
        ("a.rego", HEAD + 'violations := http.send({"url": "x"})\n', "http."),
        ("a.rego", HEAD + "violations := opa.runtime()\n", "opa."),
        ("a.rego", HEAD + 'violations := opa["runtime"]()\n', "opa["),
        ("a.rego", HEAD + "violations := opa\n\t.runtime()\n", "opa"),
        ("a.rego", HEAD + 'violations := $"{opa.runtime()}"\n', "template strings"),
        ("a.rego", HEAD + 'violations := ["#", opa.runtime()]\n', "opa."),
        ("a.rego", HEAD + "violations := [time.now_ns()]\n", "time.now_ns"),
        ("a.rego", HEAD + 'violations := rand.intn("a", 2)\n', "rand."),
        ("a.rego", HEAD + 'violations := net.lookup_ip_addr("a")\n', "net.lookup_ip_addr"),
        ("data.json", "[]", "is not an object"),
        ("data.json", '{"gates": 1}', "data.gates"),
    ],
)
def test_policy_that_cannot_be_asked_is_unknown(path: str, text: str, said: str) -> None:
    report = ran({f"{FOLDER}b.rego": "package gates.custom.b\n\nviolations := []\n", FOLDER + path: text})
    assert report.verdict is Verdict.UNKNOWN
    assert any(said in violation.why for violation in report.violations)


def test_words_and_strings_that_only_look_like_calls_are_well() -> None:
    text = (
        HEAD + '# http.send is not called\nviolations := [x | x := "opa.runtime()"; false; input.http.send]\n'
    )
    assert ran({f"{FOLDER}a.rego": text}).verdict is Verdict.ALLOW


def test_policies_that_nobody_asked_are_unknown() -> None:
    assert judged({f"{FOLDER}a.rego": NAMING}, "custom").verdict is Verdict.UNKNOWN


def test_repository_without_policies_is_not_asked() -> None:
    assert ran({"a": ""}).gates[0].skipped == "there is no .gates/policies"
    assert ran({f"{FOLDER}a_test.rego": NAMING}).gates[0].skipped


def test_change_cannot_take_its_own_policy_away() -> None:
    base = {f"{FOLDER}naming.rego": NAMING}
    bad = {"a/utils.py": ""}
    assert sorted(rules(ran(bad, base))) == ["custom/naming-no-utils", "custom/rewritten"]
    weak = ran({**bad, **saying([])}, base)
    assert sorted(rules(weak)) == ["custom/naming-no-utils", *["custom/rewritten"] * 2]
    assert weak.verdict is Verdict.DENY
    harmless = ran({"b.py": "", **saying([])}, base)
    assert (harmless.verdict, set(rules(harmless))) == (Verdict.REVIEW, {"custom/rewritten"})
    assert rules(ran({**bad, **base}, base)) == ["custom/naming-no-utils"]


def test_input_is_as_it_is_documented() -> None:
    read = HEAD + "violations := [input.changes[_].added, input.components, input.pull_request]\n"
    files = {f"{FOLDER}a.rego": read, "n.py": "1\n2\n", "bom.json": of(expression("MIT"))}
    base = {"n.py": "1\n", "gone": "x"}
    tree = MemoryTree(
        {path: text.encode() for path, text in files.items()},
        {path: text.encode() for path, text in base.items()},
    )
    mine = policies.of_tree(tree)
    assert mine
    document, gaps = question.of(tree, Context("acme/shop", NOW, {"pull_request": {"number": 7}}), mine)
    assert gaps == []
    assert (document["repository"], document["now"]) == ("acme/shop", "2026-11-25T12:00:00Z")
    assert document["files"] == sorted(files)
    changes = {change["path"]: change for change in document["changes"]}
    assert changes["n.py"] == {"path": "n.py", "kind": "modified", "added": [{"line": 2, "text": "2"}]}
    assert changes["gone"]["kind"] == "deleted"
    (component,) = document["components"]
    assert (component["licence"], component["place"]["path"]) == ("MIT", "bom.json")
    assert document["pull_request"] == {"number": 7}


def test_input_that_is_not_whole_is_unknown_for_who_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(question, "MOST_LINES", 1)
    reading = HEAD + "violations contains 1 if input.changes[_].added[_].line == 0\n"
    files = {"n.py": "1\n2\n"}
    assert ran({**files, f"{FOLDER}a.rego": reading}, {}).verdict is Verdict.UNKNOWN
    assert rules(ran({**files, f"{FOLDER}a.rego": NAMING}, {})) == ["custom/rewritten"] * 1
    broken = {"bom.json": '{"bomFormat": "CycloneDX"}'}
    reading = HEAD + "violations contains 1 if input.components == 0\n"
    assert ran({**broken, f"{FOLDER}a.rego": reading}).verdict is Verdict.UNKNOWN


def test_what_a_policy_repeats_of_a_change_is_masked() -> None:
    token = "ghp_" + "aB3" * 12
    report = ran(saying([{**SHAPE, "why": f"not {token}", "subject": token}]))
    assert token not in report.model_dump_json()
    assert "not [redacted]" in report.model_dump_json()


def test_process_that_does_not_end_or_dies_is_a_problem_of_each_policy() -> None:
    tree = MemoryTree({f"{FOLDER}a.rego": NAMING.encode()})
    mine = policies.of_tree(tree)
    assert mine
    (problem,) = custom_policies.ask(mine, {}, seconds=0.001).values()
    assert "not ended after 0.001 seconds" in problem["problem"]


@pytest.mark.parametrize(
    ("event", "found"),
    [
        ({"pull_request": {"number": 1, "title": "t"}}, None),
        ({"issue": {}}, None),
        ([], None),
        (
            {
                "pull_request": {
                    "number": 7,
                    "title": "feat: x",
                    "body": None,
                    "user": {"login": "ann"},
                    "labels": [{"name": "b"}, {"name": "a"}],
                    "base": {"ref": "main"},
                    "head": {"ref": "topic"},
                }
            },
            {
                "number": 7,
                "title": "feat: x",
                "body": "",
                "author": "ann",
                "draft": False,
                "labels": ["a", "b"],
                "base": "main",
                "head": "topic",
            },
        ),
    ],
)
def test_pull_request_is_that_of_the_event(tmp_path: Any, event: Any, found: Any) -> None:
    (tmp_path / "event.json").write_text(json.dumps(event))
    assert custom_policies.pull_request(str(tmp_path / "event.json")) == found
    assert custom_policies.pull_request(None) is None
