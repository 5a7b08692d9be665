package writ.gates.openapi_test

import data.writ.gates.openapi
import rego.v1

api_change(verdict) := {
	"rule": "schema.null-added",
	"verdict": verdict,
	"where": "GET /a response 200",
	"message": "may be null",
	"line": 3,
	"others": 1,
}

api_judged(changes, declared, more) := result if {
	document := {
		"path": "openapi.yaml",
		"gone": false,
		"changes": changes,
		"more": more,
		"declared": declared,
		"old": "1.2.0",
		"new": "1.2.0",
		"next": "2.0.0",
	}
	result := [[finding.rule, finding.effect] |
		some finding in openapi.answer.findings with input.documents as [document]
	]
}

test_what_breaks_is_denied_and_the_version_told if {
	api_judged([api_change("breaking")], false, 0) == [["breaking", "deny"], ["version", "note"]]
}

test_what_breaks_and_says_so_needs_a_person if api_judged([api_change("breaking")], true, 0) == [["breaking", "review"]]

test_what_breaks_without_a_version_is_denied if api_judged([api_change("breaking")], null, 0) == [["breaking", "deny"]]

test_what_is_unknown_stays_unknown_whatever_the_version if {
	api_judged([api_change("unknown")], true, 0) == [["undecided", "unknown"]]
}

test_what_is_not_listed_does_not_pass if api_judged([], true, 4) == [["undecided", "unknown"]]

test_facts_of_another_form_are_not_answered if {
	not openapi.answer with input.documents as [{"path": "a"}]
}
