package writ.gates_test

import data.writ.gates
import rego.v1

finding := {
	"number": 0,
	"rule": "licences/forbidden",
	"effect": "deny",
	"path": "app/bom.json",
	"component": "pkg:npm/left-pad",
	"purl": "pkg:npm/left-pad@1.3.0",
}

waiver := {
	"id": "left-pad",
	"rule": "licences/forbidden",
	"scope": {"repository": "acme/*", "path": "app/*", "component": "pkg:npm/left-pad", "versions": "*"},
	"purls": [],
	"owner": "platform",
	"reason": "until it is replaced",
	"expires_at": "2026-12-01T00:00:00Z",
	"proposed": false,
}

# Key by key: rego-cpp 1.5.2 aborts when `with` replaces the whole input under a rule that calls a function.
decided(change, wanted) := result if {
	result := gates.decision with input.repository as "acme/shop"
		with input.now as "2026-11-30T23:59:59Z"
		with input.findings as [object.union(finding, wanted)]
		with input.exceptions as [object.union(waiver, change)]
}

test_exception_waives if {
	decided({}, {}) == [{"number": 0, "effect": "note", "waived_by": ["left-pad"], "expired": []}]
}

test_exception_that_expired_waives_nothing_and_is_named if {
	over := {"expires_at": "2026-11-30T23:59:59Z"}
	decided(over, {}) == [{"number": 0, "effect": "deny", "waived_by": [], "expired": ["left-pad"]}]
}

test_exception_that_the_change_brings_asks_for_review if {
	decided({"proposed": true}, {})[0].effect == "review"
}

test_exception_of_another_rule_waives_nothing if decided({"rule": "licences/unknown"}, {}) == []

test_exception_of_another_repository_waives_nothing if {
	decided({"scope": object.union(waiver.scope, {"repository": "other/*"})}, {}) == []
}

test_exception_of_another_path_waives_nothing if {
	decided({"scope": object.union(waiver.scope, {"path": "lib/*"})}, {}) == []
}

test_exception_of_another_component_waives_nothing if {
	decided({"scope": object.union(waiver.scope, {"component": "pkg:npm/right-pad"})}, {}) == []
}

test_exception_holds_for_the_versions_it_names if {
	ranged := {"scope": object.union(waiver.scope, {"versions": "vers:npm/<2.0.0"})}
	decided(ranged, {}) == []
	decided(object.union(ranged, {"purls": ["pkg:npm/left-pad@1.3.0"]}), {})[0].effect == "note"
}

test_nobody_waives_what_could_not_be_read if {
	decided({"rule": "licences/unreadable"}, {"rule": "licences/unreadable", "effect": "unknown"}) == []
}

test_exception_without_owner_or_reason_waives_nothing if {
	decided({"owner": ""}, {}) == []
	decided({"reason": ""}, {}) == []
}

test_time_in_another_form_waives_nothing if decided({"expires_at": "9999"}, {}) == []
