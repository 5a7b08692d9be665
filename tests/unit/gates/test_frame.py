"""The frame that all gates share: discovery, verdicts, places, patches."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import defaultdict

import pytest

from tests.unit.gates.running import NOW, POLICIES, engine, judged
from writ.contracts.action import Verdict
from writ.contracts.errors import ContractError
from writ.gates import evaluate, registry
from writ.gates.gate import Collected, Context, Gap, Gate
from writ.gates.model import Edit, Place, Rule, Severity
from writ.gates.tree import Kind, MemoryTree, patch
from writ.policy.bundle import Bundle, read_texts
from writ.policy.source import Module


def test_every_gate_has_policies_of_its_own_with_tests() -> None:
    for gate in registry.load():
        folder = POLICIES / "gates" / gate.name
        assert gate.entrypoint in Bundle.load(POLICIES).entrypoints
        assert list(folder.glob("*_test.rego")), f"{gate.name} has no tests of its policies"


def test_every_rule_belongs_to_its_gate_and_is_named_once() -> None:
    ids = [rule.id for gate in registry.load() for rule in evaluate.rules_of(gate)]
    assert len(ids) == len(set(ids))
    assert all(rule.id.startswith(f"{gate.name}/") for gate in registry.load() for rule in gate.rules)


def test_only_names_gates_that_there_are() -> None:
    with pytest.raises(ContractError, match="no gate nonsense") as caught:
        registry.load(("nonsense",))
    assert caught.value.field == "only"


def test_report_names_the_bundle_that_decided() -> None:
    report = judged({})
    assert report.bundle_digest == engine().bundle.digest == Bundle.load(POLICIES).digest
    assert report.verdict is Verdict.ALLOW
    assert report.gates[0].verdict is None


def _gate(collected: Collected, name: str = "licences") -> Gate:
    rule = Rule(id=f"{name}/unknown", title="t", severity=Severity.LOW, link="https://writ.example/")
    return Gate(name, "a gate", (rule,), lambda _tree, _context: collected)


@pytest.mark.parametrize(
    ("gate", "said"),
    [
        (
            _gate(Collected(gaps=(Gap("x", "cannot be read", "mend it"),), facts={"licences": []})),
            "cannot be read",
        ),
        (_gate(Collected(facts={"licences": 7})), "the gate could not decide"),
        (_gate(Collected(facts={"licences": []}), name="nowhere"), "no entrypoint writ/gates/nowhere/answer"),
        (_gate(Collected(facts={"n": 2**60})), "not plain JSON"),
    ],
)
def test_what_a_gate_cannot_know_is_unknown_and_never_allowed(gate: Gate, said: str) -> None:
    report = evaluate.run(MemoryTree({}), Context("acme/shop", NOW), [gate], engine())
    assert report.verdict is Verdict.UNKNOWN
    assert said in report.violations[0].why
    assert report.violations[0].rule.endswith("/unreadable")
    assert report.violations[0].cover is None


def test_added_lines_are_those_that_were_not_there() -> None:
    tree = MemoryTree({"a": b"1\n2\n3\n4\n", "n": b"x\r\ny"}, {"a": b"1\n3\n4\n", "gone": b"z\n"})
    changes = tree.changes()
    assert changes is not None
    assert [(change.path, change.kind) for change in changes] == [
        ("a", Kind.MODIFIED),
        ("gone", Kind.DELETED),
        ("n", Kind.ADDED),
    ]
    assert changes[0].added_lines == ((2, "2"),)
    assert changes[1].added_lines == ()
    assert changes[2].added_lines == ((1, "x"), (2, "y"))


def test_binary_files_have_no_lines() -> None:
    changes = MemoryTree({"b": b"\0\1", "l": b"\xff\n"}, {}).changes()
    assert changes is not None
    assert [change.added_lines for change in changes] == [(), ()]


def test_patch_is_a_unified_diff() -> None:
    old = b"one\ntwo\nthree\nfour\nfive\n"
    edits = [
        Edit(path="f", line=2, end_line=2, text="TWO\nand\n"),
        Edit(path="f", line=4, end_line=5, text=""),
    ]
    diff = patch(MemoryTree({"f": old}), edits)
    assert diff == ("--- a/f\n+++ b/f\n@@ -2,1 +2,2 @@\n-two\n+TWO\n+and\n@@ -4,2 +4,0 @@\n-four\n-five\n")


@pytest.mark.parametrize(
    "edits",
    [
        [Edit(path="f", line=3, end_line=3, text="x\n")],
        [Edit(path="f", line=2, end_line=1, text="x\n")],
        [Edit(path="f", line=1, end_line=2, text="x\n"), Edit(path="f", line=2, end_line=2, text="y\n")],
        [Edit(path="absent", line=1, end_line=1, text="x\n")],
    ],
)
def test_edits_that_do_not_fit_are_no_patch(edits: list[Edit]) -> None:
    assert patch(MemoryTree({"f": b"1\n2\n"}), edits) is None


def test_place_is_shown_as_editors_read_it() -> None:
    assert str(Place(path="a/b.py", line=3, column=5)) == "a/b.py:3:5"
    assert str(Place(path="a/b.py")) == "a/b.py"


def test_rules_are_listed_where_there_is_no_yaml_and_no_library_of_licences() -> None:
    """Functions list them, and carry neither."""
    absent = "sys.modules.update(dict.fromkeys(['yaml', 'cvss', 'license_expression', 'dulwich']))"
    code = f"import sys; {absent}; from writ.gates import registry; print(len(registry.load()))"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (int(ended.stdout or 0), ended.stderr) == (len(registry.names()), b"")


def test_no_two_packages_have_a_function_of_one_name() -> None:
    """rego-cpp 1.5.2 mixes them up when both are compiled, or aborts; tests of policies count too."""
    packages = defaultdict(set)
    for path, source in read_texts(POLICIES).items():
        for name in re.findall(r"^([a-z_]\w*)\(", source, re.MULTILINE) if path.endswith(".rego") else ():
            packages[name].add(Module(path, source).package)
    assert {name: sorted(found) for name, found in packages.items() if len(found) > 1} == {}
