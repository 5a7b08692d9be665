from __future__ import annotations

from datetime import timedelta, timezone
from typing import Any

import pytest

from tests.unit.policy.facts import NOW, complete, engine, exception, freeze
from writ.contracts.action import Decision, Verdict
from writ.policy.bundle import Bundle
from writ.policy.engine import AUTHORIZATION, DECISION, PolicyEngine
from writ.policy.errors import BundleError, PolicyError, PolicyUndefinedError


def codes(decision: Decision) -> list[str]:
    return [reason.code for reason in decision.reasons]


def deciding(rule: str) -> PolicyEngine:
    source = f"package writ.actions\n\nimport rego.v1\n\n# METADATA\n# entrypoint: true\n{rule}\n"
    return PolicyEngine(Bundle.of({"actions/decision.rego": source}))


def test_decision_carries_digest_and_time_when_allowed() -> None:
    decision = engine().decide(complete(), NOW.astimezone(timezone(timedelta(hours=5))))
    assert decision.verdict is Verdict.ALLOW
    assert decision.bundle_digest == engine().bundle.digest
    assert decision.decided_at == NOW
    assert [(duty.counter, duty.limit) for duty in decision.obligations] == [("hour", 10), ("target_hour", 2)]


@pytest.mark.parametrize(
    ("changes", "fact"),
    [
        ({"bot__paused": None}, "bot.paused"),
        ({"bot__name": "\ud800"}, "bot.name"),
        ({"bot__paused": "false"}, "bot.paused"),
        ({"usage": {"target_hour": 0}}, "usage.hour"),
        ({"usage": None}, "usage.hour"),
        ({"usage__hour": "3"}, "usage.hour"),
        ({"usage__hour": -1}, "usage.hour"),
        ({"usage__hour": 2**64}, "usage.hour"),
        ({"limits__blast_radius": None}, "limits.blast_radius"),
        ({"limits__per_hour": "10"}, "limits.per_hour"),
        ({"action__risk": "tiny"}, "action.risk"),
        ({"change": {}}, "change.window_open"),
        ({"change__freezes": None}, "change.freezes"),
        ({"change__freezes": [freeze(id="")]}, "change.freezes.0.id"),
        ({"exceptions": None}, "exceptions"),
        ({"exceptions": [exception(expires_at="tomorrow")]}, "exceptions.0.expires_at"),
        ({"exceptions": [exception(scope={"bot": "*", "action": "*"})]}, "exceptions.0.scope.target"),
        ({"approval": {"by": "ada", "at": "2026-11-23T02:00:00"}}, "approval.at"),
        ({"approval": {"by": "ada", "at": "2026-11-23T02:00:00Z", "approved": False}}, "approval.approved"),
    ],
)
def test_verdict_is_unknown_and_names_the_fact_when_it_is_missing(changes: dict[str, Any], fact: str) -> None:
    decision = engine().decide(complete(**changes), NOW)
    assert decision.verdict is Verdict.UNKNOWN
    assert set(codes(decision)) == {"facts_missing"}
    assert f"fact {fact} is missing or unreadable" in [reason.message for reason in decision.reasons]


def test_absent_limit_means_no_limit() -> None:
    decision = engine().decide(complete(limits={"blast_radius": 1}, usage=None), NOW)
    assert decision.verdict is Verdict.ALLOW
    assert decision.obligations == ()


def test_times_are_compared_as_instants_when_offsets_differ() -> None:
    for text, verdict in (
        ("2026-11-23T05:59:00+03:00", Verdict.DENY),
        ("2026-11-23T06:01:00+03:00", Verdict.ALLOW),
    ):
        document = complete(usage__hour=10, exceptions=[exception(expires_at=text)])
        assert engine().decide(document, NOW).verdict is verdict


def test_exception_is_reported_when_used() -> None:
    decision = engine().decide(complete(usage__hour=10, exceptions=[exception()]), NOW)
    assert decision.verdict is Verdict.ALLOW
    assert decision.exceptions == ("ex-1",)
    assert codes(decision) == ["risk_low", "waived"]


@pytest.mark.parametrize("name", ['a"b', "a\\b", "a\x00b", "{}%s", "é😀", '"} {"'])
def test_names_reach_policy_whole_when_they_hold_special_characters(name: str) -> None:
    scope = {"bots": [name], "actions": []}
    document = complete(action__risk="medium", bot__name=name, change__freezes=[freeze(scope=scope)])
    assert engine().decide(document, NOW).verdict is Verdict.DENY
    document["bot"]["name"] = name[:1]
    assert engine().decide(document, NOW).verdict is (Verdict.DENY if name[:1] == name else Verdict.ALLOW)


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("decision := input.nowhere", "policy_undefined"),
        ('decision := "allow"', "policy_error"),
        ('decision := {"verdict": "perhaps"}', "policy_error"),
        ('decision := {"verdict": "allow", "obligations": [{"kind": "wait"}]}', "policy_error"),
        (
            "decision := input.now if input.missing == []\n\ndecision := 1 if input.missing == []",
            "policy_error",
        ),
    ],
)
def test_verdict_is_unknown_when_policy_has_no_proper_answer(rule: str, code: str) -> None:
    decision = deciding(rule).decide(complete(), NOW)
    assert decision.verdict is Verdict.UNKNOWN
    assert codes(decision) == [code]


def test_verdict_is_unknown_when_the_bundle_decides_nothing() -> None:
    bundle = Bundle.of({"a.rego": "package a\n\nimport rego.v1\n\n# METADATA\n# entrypoint: true\nb := 1\n"})
    assert codes(PolicyEngine(bundle).decide(complete(), NOW)) == ["policy_undefined"]


def test_evaluate_answers_any_entrypoint() -> None:
    assert "freeze" in engine().evaluate("writ/actions/waivable", {})
    with pytest.raises(PolicyUndefinedError):
        engine().evaluate("writ/actions/nowhere", {})


@pytest.mark.parametrize("value", [{"a": float("nan")}, {"a": 2**60}, {"a": b"x"}, {1: 2}])
def test_evaluate_refuses_what_is_not_plain_json(value: Any) -> None:
    with pytest.raises(PolicyError):
        engine().evaluate(DECISION, value)


def test_evaluate_refuses_deep_nesting() -> None:
    value: list[object] = []
    for _ in range(100):
        value = [value]
    with pytest.raises(PolicyError, match="64"):
        engine().evaluate(DECISION, value)


@pytest.mark.parametrize(
    ("claims", "route", "allowed"),
    [
        ({"sub": "4f1c"}, "GET /v1/bots", True),
        ({"sub": ""}, "GET /v1/bots", False),
        ({}, "GET /v1/bots", False),
        ({"sub": "4f1c"}, "GET /v2/bots", False),
        ({"sub": "4f1c", "n": float("nan")}, "GET /v1/bots", False),
    ],
)
def test_authorize_denies_when_the_caller_or_route_is_unknown(
    claims: dict[str, Any], route: str, allowed: bool
) -> None:
    assert engine().authorize(claims, route) is allowed


def test_an_engine_for_one_entrypoint_answers_it_and_no_other() -> None:
    doorkeeper = PolicyEngine(engine().bundle, only=AUTHORIZATION)
    assert doorkeeper.authorize({"sub": "4f1c"}, "GET /v1/bots")
    assert not doorkeeper.authorize({"sub": "4f1c"}, "GET /v2/bots")
    assert codes(doorkeeper.decide(complete(), NOW)) == ["policy_undefined"]


def test_bundle_error_names_the_file_when_it_does_not_compile(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(BundleError, match=r"broken\.rego"):
        PolicyEngine(Bundle.of({"broken.rego": "package a\n\nimport rego.v1\n\na if {\n"}))
    capfd.readouterr()
