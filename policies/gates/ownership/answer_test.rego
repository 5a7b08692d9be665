package writ.gates.ownership_test

import data.writ.gates.ownership
import rego.v1

judged(changed, unowned, unguarded, mistakes) := result if {
	result := ownership.answer.findings with input.codeowners as "CODEOWNERS"
		with input.changed as changed
		with input.unowned as unowned
		with input.unguarded as unguarded
		with input.rewritten as []
		with input.mistakes as mistakes
}

test_all_owned if judged(true, [], [], []) == []

test_change_of_a_file_that_nobody_owns_needs_a_person if {
	[finding.effect | some finding in judged(true, ["a"], [], [])] == ["review"]
}

test_old_file_that_nobody_owns_is_a_note if {
	[finding.effect | some finding in judged(false, ["a"], [], [])] == ["note"]
}

test_what_waives_rules_must_have_an_owner_and_is_said_once if {
	[[finding.rule, finding.effect] | some finding in judged(true, ["x"], ["x"], [])] == [["unguarded", "deny"]]
}

test_mistake_is_denied_at_its_line if {
	findings := judged(false, [], [], [{"line": 3, "problem": "x is no user"}])
	[[finding.effect, finding.place.line] | some finding in findings] == [["deny", 3]]
}

test_rewritten_owners_need_a_person if {
	findings := ownership.rewritten with input.rewritten as ["CODEOWNERS"]
	[[finding.rule, finding.effect] | some finding in findings] == [["rewritten", "review"]]
}

test_there_is_no_answer_without_facts if {
	not ownership.answer with input.unguarded as 7
}
