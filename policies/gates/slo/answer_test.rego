package writ.gates.slo_test

import data.writ.gates.slo
import rego.v1

merged(budget) := result if {
	result := [finding.effect | some finding in slo.answer.findings] with input.services as [{"name": "shop", "budget": budget}]
		with input.rewritten as []
}

test_normal_budget_passes if merged("normal") == []

test_low_budget_is_a_note if merged("review") == ["note"]

test_spent_budget_needs_a_person if merged("freeze") == ["review"]

test_budget_that_cannot_be_read_is_unknown if {
	merged("unreadable") == ["unknown"]
	merged("anything") == ["unknown"]
}

test_rewritten_services_need_a_person if {
	findings := slo.rewritten with input.rewritten as [".gates/services.yaml"]
	[[finding.rule, finding.effect] | some finding in findings] == [["rewritten", "review"]]
}

test_there_is_no_answer_without_services if {
	not slo.answer with input.services as "none"
}
