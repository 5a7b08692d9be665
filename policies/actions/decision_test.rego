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
		"paused": false,
	},
	"limits": {"per_hour": 10, "per_target_per_hour": 2, "blast_radius": 5},
	"usage": {"hour": 3, "target_hour": 0},
	"change": {"window_open": true, "window": "weekdays", "freezes": []},
	"budget": {"bot": "normal", "target": "normal"},
	"exceptions": [],
	"break_glass": [],
	"approval": null,
}

decide(changes) := decision_on(with_changes(changes))

with_changes(changes) := document if {
	patches := [{"op": "add", "path": path, "value": changes[path]} | some path in object.keys(changes)]
	document := json.patch(complete, patches)
}

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
		with input.budget as document.budget
		with input.exceptions as document.exceptions
		with input.break_glass as document.break_glass
		with input.approval as document.approval
}

codes(decision) := [reason.code | some reason in decision.reasons]

freeze(bots, actions) := [{"id": "year-end", "scope": {"bots": bots, "actions": actions}}]

ada := {"by": "ada", "at": "2026-11-23T02:00:00Z"}

waiver(rule) := {
	"id": concat("-", ["ex", rule]),
	"rule": rule,
	"scope": {"bot": "rel*", "action": "*", "target": "repository:octo/*"},
	"owner": "platform",
	"reason": "migration",
	"expires_at": "2026-11-24T00:00:00Z",
}

glass(rules, approvers) := {
	"id": "outage",
	"rules": rules,
	"scope": {"bot": "rel*", "action": "*", "target": "repository:octo/*"},
	"asked_by": "ada",
	"approvers": approvers,
	"ends_at": "2026-11-23T04:00:00Z",
}

frozen(glasses) := {
	"/action/risk": "medium",
	"/change/freezes": freeze([], []),
	"/break_glass": glasses,
}

test_break_glass_overrides_its_rule_and_says_so if {
	decision := decide(frozen([glass(["freeze"], ["bob", "cleo"])]))
	decision.verdict == "allow"
	"break_glass" in codes(decision)
	decision.exceptions == ["outage"]
}

test_break_glass_needs_two_others if {
	every approvers in [[], ["bob"], ["bob", "bob"], ["ada", "bob"], ["bob", ""], ["ada", "ada"]] {
		decide(frozen([glass(["freeze"], approvers)])).verdict == "deny"
	}
}

test_break_glass_overrides_no_other_rule_and_no_other_scope if {
	decide(frozen([glass(["limit_per_hour"], ["bob", "cleo"])])).verdict == "deny"
	every scope in [
		{"bot": "canary", "action": "*", "target": "*"},
		{"bot": "*", "action": "pub", "target": "*"},
		{"bot": "*", "action": "*", "target": "octo/*"},
	] {
		elsewhere := object.union(glass(["freeze"], ["bob", "cleo"]), {"scope": scope})
		decide(frozen([elsewhere])).verdict == "deny"
	}
}

test_break_glass_that_is_over_overrides_nothing if {
	every end in ["2026-11-23T03:00:00Z", "2026-11-23T02:59:59Z", "9", "never"] {
		over := object.union(glass(["freeze"], ["bob", "cleo"]), {"ends_at": end})
		decide(frozen([over])).verdict == "deny"
	}
}

test_break_glass_neither_ends_a_pause_nor_approves_high_risk if {
	named := glass(["bot_paused", "action_paused", "risk_high"], ["bob", "cleo"])
	decide({"/bot/paused": true, "/break_glass": [named]}).verdict == "deny"
	decide({"/action/paused": true, "/break_glass": [named]}).verdict == "deny"
	decide({"/action/risk": "high", "/break_glass": [named]}).verdict == "review"
}

test_break_glass_lifts_no_freeze_for_good if {
	everywhere := object.union(
		glass(["freeze"], ["bob", "cleo"]),
		{"scope": {"bot": "*", "action": "*", "target": "*"}},
	)
	lifting := {"/bot/name": "policy", "/action/name": "lift-freeze"}
	decide(object.union(frozen([everywhere]), lifting)).verdict == "review"
}

test_break_glass_does_not_make_unknown_known if {
	decision := decide({"/missing": ["usage.hour"], "/break_glass": [glass(["freeze"], ["bob", "cleo"])]})
	decision.verdict == "unknown"
}

quota(used, adds, limit) := {"name": "previews of shop", "used": used, "adds": adds, "limit": limit}

test_quotas_are_kept_to_the_last_one if {
	decide({"/action/quotas": []}).verdict == "allow"
	decide({"/action/quotas": [quota(4, 1, 5), quota(0, 0, 0)]}).verdict == "allow"
}

test_a_quota_denies_every_risk if {
	every risk in ["low", "medium", "high"] {
		full := {"/action/risk": risk, "/action/quotas": [quota(0, 1, 5), quota(5, 1, 5)], "/approval": ada}
		codes(decide(full)) == ["quota"]
	}
}

test_a_quota_says_what_is_used_and_what_is_allowed if {
	decision := decide({"/action/quotas": [quota(0, 1, 5), quota(5, 1, 5)]})
	decision.reasons == [{"code": "quota", "message": "previews of shop: 5 and 1 more, limit 5"}]
}

test_no_exception_and_no_break_glass_lifts_a_quota if {
	full := {"/action/quotas": [quota(5, 1, 5)]}
	decide(object.union(full, {"/exceptions": [waiver("quota")]})).verdict == "deny"
	decide(object.union(full, {"/break_glass": [glass(["quota"], ["bob", "cleo"])]})).verdict == "deny"
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
	decision := decide({"/limits/per_hour": null, "/limits/per_target_per_hour": null})
	decision.verdict == "allow"
	decision.obligations == []
}

test_medium_risk_is_allowed_within_limits if decide({"/action/risk": "medium"}).verdict == "allow"

test_high_risk_is_reviewed if {
	decision := decide({"/action/risk": "high"})
	decision.verdict == "review"
	codes(decision) == ["risk_high"]
	decision.obligations == []
}

test_high_risk_is_allowed_once_approved if {
	decision := decide({"/action/risk": "high", "/approval": ada})
	decision.verdict == "allow"
	codes(decision) == ["approved"]
}

test_an_unknown_risk_is_reviewed if decide({"/action/risk": "tiny"}).verdict == "review"

test_nobody_approves_what_they_asked_for if {
	decision := decide({"/action/risk": "high", "/approval": ada, "/actor": {"kind": "person", "id": "ada"}})
	decision.verdict == "review"
	codes(decision) == ["four_eyes", "risk_high"]
}

test_low_risk_needs_no_approval_not_even_a_valid_one if {
	decide({"/approval": ada, "/actor": {"kind": "person", "id": "ada"}}).verdict == "allow"
}

test_another_person_approves if {
	decision := decide({"/action/risk": "high", "/approval": ada, "/actor": {"kind": "person", "id": "bob"}})
	decision.verdict == "allow"
}

test_a_paused_bot_is_denied if {
	decision := decide({"/bot/paused": true})
	decision.verdict == "deny"
	codes(decision) == ["bot_paused"]
}

test_a_person_approves_what_the_run_of_a_workflow_asked_for if {
	run := {"kind": "run", "id": "run 77 of acme/shop"}
	decision := decide({"/action/risk": "high", "/approval": ada, "/actor": run})
	decision.verdict == "allow"
}

test_a_paused_action_is_denied_whoever_approved_it if {
	every risk in ["low", "medium", "high"] {
		decision := decide({"/action/paused": true, "/action/risk": risk, "/approval": ada})
		decision.verdict == "deny"
		"action_paused" in codes(decision)
	}
}

test_limits_deny_every_risk if {
	every risk in ["low", "medium", "high"] {
		codes(decide({"/action/risk": risk, "/usage/hour": 10})) == ["limit_per_hour"]
		codes(decide({"/action/risk": risk, "/usage/target_hour": 2})) == ["limit_per_target"]
		codes(decide({"/action/risk": risk, "/action/blast_radius": 6})) == ["limit_blast_radius"]
	}
}

test_an_approval_does_not_lift_a_limit if {
	decide({"/action/risk": "high", "/approval": ada, "/usage/hour": 10}).verdict == "deny"
}

test_a_freeze_denies_medium_and_high_risk if {
	every risk in ["medium", "high"] {
		codes(decide({"/action/risk": risk, "/change/freezes": freeze([], [])})) == ["freeze"]
	}
}

test_a_freeze_says_until_when_where_that_is_known if {
	frozen := array.concat(freeze([], []), [{"id": "audit", "scope": {}, "until": "2026-12-01T08:00Z"}])
	decision := decide({"/action/risk": "high", "/change/freezes": frozen})
	decision.reasons[0].message == "frozen by audit until 2026-12-01T08:00Z, year-end"
}

test_a_freeze_lets_low_risk_through_and_says_so if {
	decision := decide({"/change/freezes": freeze([], [])})
	decision.verdict == "allow"
	codes(decision) == ["freeze_low_risk", "risk_low"]
}

test_a_freeze_holds_only_its_scope if {
	decide({"/action/risk": "medium", "/change/freezes": freeze(["canary"], [])}).verdict == "allow"
	decide({"/action/risk": "medium", "/change/freezes": freeze(["release"], ["yank"])}).verdict == "allow"
	decide({"/action/risk": "medium", "/change/freezes": freeze(["release"], ["publish"])}).verdict == "deny"
}

test_a_freeze_can_be_lifted_by_two if {
	lifting := {
		"/bot/name": "policy",
		"/action/name": "lift-freeze",
		"/action/risk": "medium",
		"/change/freezes": freeze([], []),
	}
	decide(lifting).verdict == "review"
	decide(object.union(lifting, {"/approval": ada})).verdict == "allow"
}

test_a_narrow_freeze_is_lifted_by_two_as_well if {
	lifting := {
		"/bot/name": "policy",
		"/action/name": "lift-freeze",
		"/action/risk": "medium",
		"/change/freezes": freeze(["release"], ["publish"]),
	}
	codes(decide(lifting)) == ["freeze"]
	decide(object.union(lifting, {"/change/freezes": []})).verdict == "allow"
	decide(object.union(lifting, {"/action/name": "declare-freeze"})).verdict == "allow"
}

test_a_closed_window_asks_for_review if {
	decide({"/change/window_open": false}).verdict == "allow"
	codes(decide({"/change/window_open": false, "/action/risk": "medium"})) == ["window_closed"]
	codes(decide({"/change/window_open": false, "/action/risk": "high"})) == ["risk_high", "window_closed"]
	decide({"/change/window_open": false, "/action/risk": "medium", "/approval": ada}).verdict == "allow"
}

budgets(bot, target) := {"bot": bot, "target": target}

test_a_low_budget_asks_for_review_of_medium_risk if {
	every budget in [budgets("review", "normal"), budgets("normal", "review")] {
		decide({"/budget": budget}).verdict == "allow"
		codes(decide({"/budget": budget, "/action/risk": "medium"})) == ["budget_low"]
		decide({"/budget": budget, "/action/risk": "medium", "/approval": ada}).verdict == "allow"
		codes(decide({"/budget": budget, "/action/risk": "high"})) == ["budget_low", "risk_high"]
		decide({"/budget": budget, "/action/risk": "high", "/approval": ada}).verdict == "allow"
	}
}

test_a_spent_budget_freezes_high_risk_and_asks_for_review_of_medium if {
	every budget in [budgets("freeze", "normal"), budgets("normal", "freeze")] {
		decide({"/budget": budget}).verdict == "allow"
		decide({"/budget": budget, "/action/risk": "medium"}).verdict == "review"
		decide({"/budget": budget, "/action/risk": "medium", "/approval": ada}).verdict == "allow"
		codes(decide({"/budget": budget, "/action/risk": "high"})) == ["budget_spent"]
		decide({"/budget": budget, "/action/risk": "high", "/approval": ada}).verdict == "deny"
	}
}

test_an_exception_lifts_a_spent_budget_and_leaves_the_review if {
	spent := {"/budget": budgets("freeze", "normal"), "/action/risk": "high", "/exceptions": [waiver("budget_spent")]}
	decide(spent).verdict == "review"
	decision := decide(object.union(spent, {"/approval": ada}))
	decision.verdict == "allow"
	decision.exceptions == ["ex-budget_spent"]
}

test_remedies_are_not_held_by_the_budget_that_the_harm_has_spent if {
	owed := {
		"/bot/name": "erasures",
		"/action/name": "erase-subject",
		"/action/risk": "high",
		"/budget": budgets("freeze", "freeze"),
	}
	codes(decide(owed)) == ["risk_high"]
	decide(object.union(owed, {"/approval": ada})).verdict == "allow"
}

test_rules_can_be_changed_by_two_when_policy_has_spent_its_own_budget if {
	granting := {
		"/bot/name": "policy",
		"/action/name": "grant-exception",
		"/action/risk": "high",
		"/budget": budgets("freeze", "normal"),
	}
	decide(granting).verdict == "review"
	decide(object.union(granting, {"/approval": ada})).verdict == "allow"
}

test_an_exception_waives_its_rule if {
	decision := decide({"/usage/hour": 10, "/exceptions": [waiver("limit_per_hour")]})
	decision.verdict == "allow"
	decision.exceptions == ["ex-limit_per_hour"]
	codes(decision) == ["risk_low", "waived"]
	decision.obligations == [{"kind": "reserve", "counter": "target_hour", "limit": 2}]
}

test_an_exception_that_was_not_needed_is_not_reported if {
	decide({"/exceptions": [waiver("limit_per_hour")]}).exceptions == []
}

test_an_exception_waives_no_other_rule if {
	decide({"/usage/hour": 10, "/exceptions": [waiver("limit_per_target")]}).verdict == "deny"
}

test_an_expired_exception_waives_nothing if {
	every expiry in ["2026-11-23T03:00:00Z", "2026-11-23T02:59:59Z", "9", "never"] {
		expired := object.union(waiver("limit_per_hour"), {"expires_at": expiry})
		decide({"/usage/hour": 10, "/exceptions": [expired]}).verdict == "deny"
	}
}

test_an_exception_holds_only_in_its_scope if {
	every scope in [
		{"bot": "canary", "action": "*", "target": "*"},
		{"bot": "*", "action": "pub", "target": "*"},
		{"bot": "*", "action": "*", "target": "octo/*"},
	] {
		elsewhere := object.union(waiver("limit_per_hour"), {"scope": scope})
		decide({"/usage/hour": 10, "/exceptions": [elsewhere]}).verdict == "deny"
	}
}

test_an_exception_without_owner_waives_nothing if {
	every field in ["owner", "reason"] {
		anonymous := object.union(waiver("limit_per_hour"), {field: ""})
		decide({"/usage/hour": 10, "/exceptions": [anonymous]}).verdict == "deny"
	}
}

test_pause_and_review_cannot_be_waived if {
	decide({"/bot/paused": true, "/exceptions": [waiver("bot_paused")]}).verdict == "deny"
	decide({"/action/paused": true, "/exceptions": [waiver("action_paused")]}).verdict == "deny"
	decide({"/action/risk": "high", "/exceptions": [waiver("risk_high")]}).verdict == "review"
}

test_missing_facts_are_unknown if {
	decision := decide({"/missing": ["usage.hour"]})
	decision.verdict == "unknown"
	codes(decision) == ["facts_missing"]
	decision.obligations == []
}

test_without_the_list_of_missing_facts_nothing_is_known if {
	every missing in [null, {}, "", 0] {
		decision := decide({"/missing": missing})
		decision.verdict == "unknown"
		codes(decision) == ["facts_missing"]
	}
}

# Whoever claims that nothing is missing, and leaves a fact out all the same, gets no allow either.
test_an_absent_fact_counts_against_the_action if {
	every path in [
		"bot/paused",
		"action/paused",
		"action/blast_radius",
		"action/risk",
		"limits/blast_radius",
		"usage/hour",
		"usage/target_hour",
		"change/freezes",
		"change/window_open",
		"budget/bot",
		"budget/target",
	] {
		decision := decision_on(json.remove(with_changes({"/action/risk": "medium"}), [path]))
		decision.verdict in ["deny", "review"]
	}
}

cooling(action, age) := decide({
	"/bot/name": "dependencies",
	"/action/name": action,
	"/action/cooldown": {"age_hours": age, "hours": 168},
})

test_what_is_too_young_is_not_let_in if {
	every action in ["propose-bump", "update-bump"] {
		cooling(action, 168).verdict == "allow"
		decision := cooling(action, 167)
		decision.verdict == "deny"
		decision.reasons == [{"code": "cooldown", "message": "the youngest release is 167 hours old, and 168 are wanted"}]
	}
}

test_policy_wants_some_age_whatever_a_repository_says if {
	stated := {"/bot/name": "dependencies", "/action/name": "propose-bump"}
	decision := decide(object.union(stated, {"/action/cooldown": {"age_hours": 71, "hours": 0}}))
	decision.verdict == "deny"
	decide(object.union(stated, {"/action/cooldown": {"age_hours": 72, "hours": 0}})).verdict == "allow"
}

test_an_age_that_nobody_states_is_none if {
	every cooldown in [null, {}, {"hours": 0}, {"age_hours": "old", "hours": []}, {"age_hours": 900}] {
		decision := decide({
			"/bot/name": "dependencies",
			"/action/name": "propose-bump",
			"/action/cooldown": cooldown,
		})
		decision.verdict == "deny"
		codes(decision) == ["cooldown"]
	}
}

test_a_fix_that_is_too_young_waits_for_a_person if {
	decision := decide({
		"/bot/name": "dependencies",
		"/action/name": "propose-early-bump",
		"/action/cooldown": {"age_hours": 3, "hours": 168},
	})
	decision.verdict == "review"
}

test_a_fix_that_a_person_let_in_may_be_young if {
	decision := decide({
		"/bot/name": "dependencies",
		"/action/name": "propose-early-bump",
		"/action/cooldown": {"age_hours": 3, "hours": 168},
		"/approval": ada,
	})
	decision.verdict == "allow"
}

# A rule each: for rego-cpp 1.5.2 an `every` within an `every` never holds.
test_code_of_a_fork_does_not_run if {
	every risk in ["low", "medium", "high"] {
		codes(decide({"/action/risk": risk, "/action/origin": "fork", "/approval": ada})) == ["fork"]
		codes(decide({"/action/risk": risk, "/action/origin": "unknown", "/approval": ada})) == ["fork"]
	}
	decide({"/action/origin": "own"}).verdict == "allow"
}

test_code_of_a_fork_runs_by_exception_alone if {
	every origin in ["fork", "unknown"] {
		decide({"/action/origin": origin, "/exceptions": [waiver("fork")]}).verdict == "allow"
		decide({"/action/origin": origin, "/break_glass": [glass(["fork"], ["bob", "cleo"])]}).verdict == "deny"
	}
}
