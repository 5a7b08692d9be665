package writ.gates.security_test

import data.writ.gates.security
import rego.v1

nothing := {
	"weaknesses": [], "mirror": [], "unmatched": [], "fresh": [], "undated": [],
	"uses": [], "containers": [], "permissions": [], "heads": [], "injections": [],
	"policies": [], "unread_policies": [],
	"bases": [], "users": [], "fetched": [], "baked": [],
	"remarks": [], "unlinted": [], "nags": [],
}

security_findings(facts) := result if {
	whole := object.union(nothing, facts)
	result := security.answer.findings with input.weaknesses as whole.weaknesses
		with input.mirror as whole.mirror
		with input.unmatched as whole.unmatched
		with input.fresh as whole.fresh
		with input.undated as whole.undated
		with input.uses as whole.uses
		with input.containers as whole.containers
		with input.permissions as whole.permissions
		with input.heads as whole.heads
		with input.injections as whole.injections
		with input.policies as whole.policies
		with input.unread_policies as whole.unread_policies
		with input.bases as whole.bases
		with input.users as whole.users
		with input.fetched as whole.fetched
		with input.baked as whole.baked
		with input.remarks as whole.remarks
		with input.unlinted as whole.unlinted
		with input.nags as whole.nags
}

told(facts) := [[finding.rule, finding.effect] | some finding in security_findings(facts)]

weakness := {
	"name": "django 3.2.1", "purl": "pkg:pypi/django@3.2.1", "scope": "runtime",
	"place": {"path": "requirements.txt", "line": 1}, "decided": true, "id": "CVE-2024-1", "others": [], "said": "",
	"severity": "high", "score": "7.5", "malicious": false, "fix": "3.2.2", "clear": "3.2.9",
	"link": "https://osv.dev/vulnerability/CVE-2024-1", "edits": [],
}

weak(change) := told({"weaknesses": [object.union(weakness, change)]})

test_nothing_is_found_in_nothing if told({}) == []

test_there_is_no_answer_without_facts if {
	not security.answer with input.uses as []
	not security_findings({"policies": 7})
}

test_severity_decides if {
	weak({}) == [["vulnerable", "deny"]]
	weak({"severity": "medium"}) == [["vulnerable", "review"]]
	weak({"severity": "low"}) == [["vulnerable", "note"]]
}

test_what_nobody_rated_is_unknown_in_development_too if {
	weak({"severity": "unrated"}) == [["vulnerable", "unknown"]]
	weak({"severity": "unrated", "scope": "development"}) == [["vulnerable", "unknown"]]
}

test_what_is_not_delivered_is_judged_milder if {
	weak({"scope": "development"}) == [["vulnerable", "review"]]
	weak({"scope": "development", "severity": "critical"}) == [["vulnerable", "deny"]]
}

test_an_attack_is_denied_whatever_it_is_rated if {
	weak({"malicious": true, "severity": "unrated", "scope": "development"}) == [["malicious", "deny"]]
}

test_remedy_names_the_fix_and_what_clears_all if {
	found := security_findings({"weaknesses": [weakness]})[0]
	found.remediation.text == "Take version 3.2.2 or newer; 3.2.9 is the lowest that no known advisory concerns."
	none := security_findings({"weaknesses": [object.union(weakness, {"fix": "", "clear": ""})]})[0]
	startswith(none.remediation.text, "No version is known")
}

test_what_cannot_be_decided_is_unknown if {
	item := {
		"name": "django", "purl": "", "scope": "runtime", "place": {"path": "p"}, "decided": false, "id": "CVE-2024-1",
		"others": [], "number": 2, "pinned": false, "link": "https://osv.dev/vulnerability/CVE-2024-1",
	}
	told({"weaknesses": [item]}) == [["undecided", "unknown"]]
}

test_a_mirror_that_is_missing_or_old_is_unknown if {
	told({"mirror": [{"kind": "missing", "of": "PyPI", "components": 3}]}) == [["advisories-missing", "unknown"]]
	told({"mirror": [{"kind": "age", "of": "PyPI", "components": 3, "days": 8}]}) == [["advisories-old", "unknown"]]
	told({"mirror": [{"kind": "age", "of": "PyPI", "components": 3, "days": 7}]}) == []
}

test_what_has_no_name_is_unknown if {
	told({"unmatched": [{"path": "bom.json", "number": 1, "example": "x"}]}) == [["unmatched", "unknown"]]
}

released(hours) := told({"fresh": [{"name": "x 1", "purl": "", "hours": hours, "place": {"path": "p"}}]})

test_a_new_release_waits if {
	released(71) == [["too-new", "review"]]
	released(-5) == [["too-new", "review"]]
	released(72) == []
	told({"undated": [{"path": "p", "number": 1, "example": "x"}]}) == [["age-unknown", "note"]]
}
