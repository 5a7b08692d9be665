package writ.pulls.merge_test

import data.writ.pulls.merge
import rego.v1

complete := {
	"missing": [],
	"pull": {"labels": ["automerge"], "author": "bob", "open": true, "draft": false, "fork": false, "mergeable": true},
	"verdict": "allow",
	"risk": "low",
	"gates": {"verdict": "allow", "bundle": "b", "names": ["slo"], "age_h": 1},
	"policies": "b",
	"known_gates": ["slo"],
	"required": [{"name": "build", "state": "passed"}],
	"others": [{"name": "lint", "state": "skipped"}],
	"reviews": [{"reviewer": "Ann", "state": "approved", "current": true, "member": true, "person": true, "wrote": false}],
	"owners": [{"owners": ["@ann"], "people": ["ann"]}],
	"change": {"freezes": [], "window_open": true},
	"budgets": {"shop": "normal"},
}

asked_to_merge(changes) := answer_on(changed(changes))

changed(changes) := document if {
	patches := [{"op": "add", "path": path, "value": changes[path]} | some path in object.keys(changes)]
	document := json.patch(complete, patches)
}

# Key by key: rego-cpp 1.5.2 aborts when `with` replaces the whole input under a rule that calls a function.
answer_on(document) := result if {
	result := merge.answer with input.missing as document.missing
		with input.pull as document.pull
		with input.verdict as document.verdict
		with input.risk as document.risk
		with input.gates as document.gates
		with input.policies as document.policies
		with input.known_gates as document.known_gates
		with input.required as document.required
		with input.others as document.others
		with input.reviews as document.reviews
		with input.owners as document.owners
		with input.change as document.change
		with input.budgets as document.budgets
}

against(changes, code) if {
	answer := asked_to_merge(changes)
	answer.verdict != "allow"
	[reason.code | some reason in answer.reasons] == [code]
}

test_one_that_is_ready_is_allowed if asked_to_merge({"/risk": "low"}) == {"asked": true, "verdict": "allow", "reasons": []}

test_nobody_asked if asked_to_merge({"/pull/labels": []}) == {"asked": false, "verdict": "deny", "reasons": []}

test_unknown_outranks_everything if {
	asked_to_merge({"/missing": ["a team"]}).verdict == "unknown"
	against({"/missing": ["a team"]}, "unknown")
}

test_each_fact_that_is_not_as_it_must_be_speaks_against_it if {
	against({"/pull/open": false}, "closed")
	against({"/pull/draft": true}, "draft")
	against({"/pull/fork": true}, "fork")
	against({"/pull/mergeable": false}, "conflict")
	against({"/pull/mergeable": null}, "mergeable")
	against({"/verdict": "unknown"}, "checks_own")
	against({"/verdict": "review"}, "checks_own")
	against({"/gates": null}, "gates_missing")
	against({"/gates/verdict": "deny"}, "gates_verdict")
	against({"/gates/bundle": "c"}, "gates_policies")
	against({"/gates/names": []}, "gates_left_out")
	against({"/gates/age_h": 25}, "gates_old")
	against({"/gates/age_h": null}, "gates_old")
	against({"/known_gates": []}, "gates_unknown")
	against({"/change/window_open": false}, "window")
	against({"/budgets/shop": "freeze"}, "budget")
	against({"/budgets": null}, "budget")
}

test_checks_must_have_passed if {
	against({"/required/0/state": "missing"}, "check_required")
	against({"/required/0/state": "skipped"}, "check_required")
	against({"/required/0/state": "pending"}, "check_required")
	against({"/others/0/state": "failed"}, "check_failed")
	against({"/others/0/state": "pending"}, "check_failed")
	against({"/required": null}, "facts")
	against({"/others": null}, "facts")
}

test_approvals_must_count if {
	count(asked_to_merge({"/reviews": []}).reasons) == 2
	against({"/reviews/0/current": false, "/owners": []}, "approvals")
	against({"/reviews/0/member": false, "/owners": []}, "approvals")
	against({"/reviews/0/person": false, "/owners": []}, "approvals")
	against({"/reviews/0/wrote": true, "/owners": []}, "approvals")
	against({"/reviews/0/state": "dismissed", "/owners": []}, "approvals")
}

test_changes_asked_for_hold_it if {
	against({"/reviews/-": {"reviewer": "Eve", "state": "changes_requested", "member": false}}, "changes_requested")
}

test_every_group_of_owners_must_approve if {
	against({"/owners/-": {"owners": ["@carol"], "people": ["carol"]}}, "owners")
}

test_risk_wants_more_approvals_and_one_that_is_not_known_wants_more_than_there_are if {
	against({"/risk": "high"}, "approvals")
	against({"/risk": "odd"}, "risk")
}

test_freeze_that_means_something_else_does_not_hold_it if {
	asked_to_merge({"/change/freezes": [{"id": "f", "scope": {"bots": ["release"], "actions": []}}]}).verdict == "allow"
	against({"/change/freezes": [{"id": "f", "scope": {"bots": [], "actions": []}}]}, "freeze")
	against({"/change/freezes": [{"id": "f"}]}, "freeze")
	against({"/change/freezes": "none"}, "freeze")
}

test_there_is_no_answer_without_facts if {
	not merge.answer with input.missing as "nothing"
}
