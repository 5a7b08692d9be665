package writ.gates.licences_test

import data.writ.gates.licences
import rego.v1

component(scope) := {"name": "left-pad 1.0", "purl": "pkg:npm/left-pad@1.0", "scope": scope, "place": {"path": "bom.json"}}

licence(alternatives, scope) := {
	"shown": "shown",
	"problem": "not known",
	"alternatives": alternatives,
	"components": [component(scope)],
}

answer(alternatives, scope) := result if {
	result := licences.answer with input.licences as [licence(alternatives, scope)]
}

found(alternatives) := [finding.rule | some finding in answer(alternatives, "runtime").findings]

effects(alternatives, scope) := [finding.effect | some finding in answer(alternatives, scope).findings]

symbol(id) := {"id": id, "with": ""}

test_permissive_passes if found([[symbol("MIT")]]) == []

test_weak_copyleft_passes if found([[symbol("MPL-2.0")]]) == []

test_strong_copyleft_is_denied if {
	found([[symbol("GPL-3.0-only")]]) == ["strong-copyleft"]
	effects([[symbol("GPL-3.0-only")]], "runtime") == ["deny"]
}

test_strong_copyleft_that_is_not_delivered_is_a_note if {
	effects([[symbol("GPL-3.0-only")]], "development") == ["note"]
}

test_forbidden_is_denied_in_development_too if {
	effects([[symbol("SSPL-1.0")]], "development") == ["deny"]
}

test_one_permitted_branch_is_enough_and_recorded if {
	given := [[symbol("GPL-3.0-only")], [symbol("MIT")]]
	found(given) == []
	answer(given, "runtime").records == [{"subject": "left-pad 1.0", "message": "MIT chosen of shown"}]
}

test_all_of_a_conjunction_count if found([[symbol("MIT"), symbol("AGPL-3.0-only")]]) == ["forbidden"]

test_exception_takes_a_licence_to_a_group_of_its_own if {
	found([[{"id": "GPL-2.0-only", "with": "Classpath-exception-2.0"}]]) == []
}

test_exception_that_the_policy_does_not_know_changes_nothing if {
	found([[{"id": "GPL-2.0-only", "with": "u-boot-exception-2.0"}]]) == ["strong-copyleft"]
}

test_no_licence_is_unknown_and_not_allowed if {
	found([]) == ["unknown"]
	effects([], "development") == ["unknown"]
}

test_a_licence_in_no_group_is_unknown if {
	found([[symbol("LicenseRef-ours")]]) == ["ungrouped"]
	effects([[symbol("LicenseRef-ours")]], "runtime") == ["unknown"]
}

test_an_unknown_branch_is_no_way_out if {
	found([[symbol("GPL-3.0-only")], [symbol("LicenseRef-ours")]]) == ["ungrouped"]
}

test_a_component_is_known_to_be_bad_though_a_part_is_unknown if {
	found([[symbol("LicenseRef-ours"), symbol("GPL-3.0-only")]]) == ["strong-copyleft"]
}

test_there_is_no_answer_without_facts if {
	not licences.answer with input.licences as 7
}
