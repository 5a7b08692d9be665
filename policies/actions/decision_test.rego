package writ.actions_test

import data.writ.actions
import rego.v1

complete := {
	"missing": [],
	"now": "2026-11-23T03:00:00Z",
	"bot": {"name": "release", "paused": false},
	"actor": {"kind": "bot", "id": "release"},
	"action": {
		"name": "publish",
		"risk": "low",
		"target": {"kind": "repository", "id": "octo/hello.world"},
		"blast_radius": 1,
	},
	"limits": {"per_hour": 10, "per_target_per_hour": 2, "blast_radius": 5},
	"usage": {"hour": 3, "target_hour": 0},
	"change": {"window_open": true, "window": "weekdays", "freezes": []},
	"exceptions": [],
	"approval": null,
}

decide(change) := decision_on(object.union(complete, change))

# Key by key: rego-cpp 1.5.2 aborts when `with` replaces the whole input under a rule that calls a function.
decision_on(document) := result if {
	result := actions.decision with input.missing as document.missing
		with input.now as document.now
		with input.bot as document.bot
		with input.actor as document.actor
		with input.action as document.action
		with input.limits as document.limits
		with input.usage as document.usage
		with input.change as document.change
		with input.exceptions as document.exceptions
		with input.approval as document.approval
}

codes(decision) := [reason.code | some reason in decision.reasons]

risk(class) := {"action": {"risk": class}}

freeze := {"change": {"freezes": [{"id": "year-end", "scope": {"bots": [], "actions": []}}]}}

by_ada := {"approval": {"by": "ada", "at": "2026-11-23T02:00:00Z"}}

waiver(rule) := {
	"id": sprintf("ex-%s", [rule]),
	"rule": rule,
	"scope": {"bot": "rel*", "action": "*", "target": "repository:octo/*"},
	"owner": "platform",
	"reason": "migration",
	"expires_at": "2026-11-24T00:00:00Z",
}

test_low_risk_is_allowed if {
	decision := decide({})
	decision.verdict == "allow"
	codes(decision) == ["risk_low"]
}

test_an_allow_reserves_every_limit if {
	decision := decide({})
	decision.obligations == [
		{"kind": "reserve", "counter": "hour", "limit": 10},
		{"kind": "reserve", "counter": "target_hour", "limit": 2},
	]
}

test_no_limit_no_reservation if {
	decision := decide({"limits": {"per_hour": null, "per_target_per_hour": null}})
	decision.verdict == "allow"
	decision.obligations == []
}

test_medium_risk_is_allowed_within_limits if decide(risk("medium")).verdict == "allow"

test_high_risk_is_reviewed if {
	decision := decide(risk("high"))
	decision.verdict == "review"
	codes(decision) == ["risk_high"]
	decision.obligations == []
}

test_high_risk_is_allowed_once_approved if {
	decision := decide(object.union(risk("high"), by_ada))
	decision.verdict == "allow"
	codes(decision) == ["approved"]
}

test_an_unknown_risk_is_reviewed if decide(risk("tiny")).verdict == "review"

test_nobody_approves_what_they_asked_for if {
	decision := decide(object.union_n([risk("high"), by_ada, {"actor": {"kind": "person", "id": "ada"}}]))
	decision.verdict == "review"
	codes(decision) == ["four_eyes", "risk_high"]
}

test_another_person_approves if {
	decide(object.union_n([risk("high"), by_ada, {"actor": {"kind": "person", "id": "bob"}}])).verdict == "allow"
}

test_a_paused_bot_is_denied if {
	decision := decide({"bot": {"paused": true}})
	decision.verdict == "deny"
	codes(decision) == ["bot_paused"]
}

test_limits_deny_every_risk if {
	every class in ["low", "medium", "high"] {
		codes(decide(object.union(risk(class), {"usage": {"hour": 10}}))) == ["limit_per_hour"]
		codes(decide(object.union(risk(class), {"usage": {"target_hour": 2}}))) == ["limit_per_target"]
		codes(decide({"action": {"risk": class, "blast_radius": 6}})) == ["limit_blast_radius"]
	}
}

test_an_approval_does_not_lift_a_limit if {
	decide(object.union_n([risk("high"), by_ada, {"usage": {"hour": 10}}])).verdict == "deny"
}

test_a_freeze_denies_medium_and_high_risk if {
	every class in ["medium", "high"] {
		codes(decide(object.union(risk(class), freeze))) == ["freeze"]
	}
}

test_a_freeze_lets_low_risk_through_and_says_so if {
	decision := decide(freeze)
	decision.verdict == "allow"
	codes(decision) == ["freeze_low_risk", "risk_low"]
}

test_a_freeze_holds_only_its_scope if {
	decide(object.union(risk("medium"), {"change": {"freezes": [{
		"id": "bot",
		"scope": {"bots": ["canary"], "actions": []},
	}]}})).verdict == "allow"
	decide(object.union(risk("medium"), {"change": {"freezes": [{
		"id": "bot",
		"scope": {"bots": ["release"], "actions": ["publish"]},
	}]}})).verdict == "deny"
}

test_a_freeze_can_be_lifted_by_two if {
	lifting := object.union(freeze, {"bot": {"name": "policy"}, "action": {"name": "lift-freeze", "risk": "medium"}})
	decide(lifting).verdict == "review"
	decide(object.union(lifting, by_ada)).verdict == "allow"
}

test_a_closed_window_asks_for_review if {
	closed := {"change": {"window_open": false}}
	decide(closed).verdict == "allow"
	codes(decide(object.union(risk("medium"), closed))) == ["window_closed"]
	codes(decide(object.union(risk("high"), closed))) == ["risk_high", "window_closed"]
	decide(object.union_n([risk("medium"), closed, by_ada])).verdict == "allow"
}

test_an_exception_waives_its_rule if {
	decision := decide({"usage": {"hour": 10}, "exceptions": [waiver("limit_per_hour")]})
	decision.verdict == "allow"
	decision.exceptions == ["ex-limit_per_hour"]
	codes(decision) == ["risk_low", "waived"]
	decision.obligations == [{"kind": "reserve", "counter": "target_hour", "limit": 2}]
}

test_an_exception_that_was_not_needed_is_not_reported if {
	decide({"exceptions": [waiver("limit_per_hour")]}).exceptions == []
}

test_an_exception_waives_no_other_rule if {
	decide({"usage": {"hour": 10}, "exceptions": [waiver("limit_per_target")]}).verdict == "deny"
}

test_an_expired_exception_waives_nothing if {
	every expiry in ["2026-11-23T03:00:00Z", "2026-11-23T02:59:59Z", "9", "never"] {
		expired := object.union(waiver("limit_per_hour"), {"expires_at": expiry})
		decide({"usage": {"hour": 10}, "exceptions": [expired]}).verdict == "deny"
	}
}

test_an_exception_holds_only_in_its_scope if {
	every scope in [{"bot": "canary"}, {"action": "pub"}, {"target": "octo/*"}] {
		elsewhere := object.union(waiver("limit_per_hour"), {"scope": scope})
		decide({"usage": {"hour": 10}, "exceptions": [elsewhere]}).verdict == "deny"
	}
}

test_an_exception_without_owner_waives_nothing if {
	every field in ["owner", "reason"] {
		anonymous := object.union(waiver("limit_per_hour"), {field: ""})
		decide({"usage": {"hour": 10}, "exceptions": [anonymous]}).verdict == "deny"
	}
}

test_pause_and_review_cannot_be_waived if {
	decide({"bot": {"paused": true}, "exceptions": [waiver("bot_paused")]}).verdict == "deny"
	decide(object.union(risk("high"), {"exceptions": [waiver("risk_high")]})).verdict == "review"
}

test_missing_facts_are_unknown if {
	decision := decide({"missing": ["usage.hour"]})
	decision.verdict == "unknown"
	codes(decision) == ["facts_missing"]
	decision.obligations == []
}

test_without_the_list_of_missing_facts_nothing_is_known if {
	every missing in [null, {}, "", 0] {
		decision := decide({"missing": missing})
		decision.verdict == "unknown"
		codes(decision) == ["facts_missing"]
	}
}

# Whoever claims that nothing is missing, and leaves a fact out all the same, gets no allow either.
test_an_absent_fact_counts_against_the_action if {
	every path in [
		"bot/paused",
		"action/blast_radius",
		"limits/blast_radius",
		"usage/hour",
		"usage/target_hour",
		"change/freezes",
		"change/window_open",
		"action/risk",
	] {
		decision := decision_on(json.remove(object.union(complete, risk("medium")), [path]))
		decision.verdict in ["deny", "review"]
	}
}
