package writ.gates.custom_test

import data.writ.gates.custom
import rego.v1

violation := {"rule": "naming-no-utils", "effect": "deny", "subject": "a/utils.py", "why": "x", "remediation": {"text": "y"}}

test_violation_stands_as_it_is if {
	answer := custom.answer with input.violations as [violation]
		with input.rewritten as []
	answer.findings == [violation]
}

test_rewritten_policy_needs_a_person if {
	answer := custom.answer with input.violations as []
		with input.rewritten as [".gates/policies/naming.rego"]
	[[finding.rule, finding.effect] | some finding in answer.findings] == [["rewritten", "review"]]
}

test_there_is_no_answer_without_facts if {
	not custom.answer with input.violations as "none"
}
