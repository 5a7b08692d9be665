# Templates: what a linter says of them, and what reports of cdk-nag say that nobody has acknowledged.
package writ.gates.security

import rego.v1

remarks := [finding |
	some remark in input.remarks
	finding := {
		"rule": "template",
		"effect": remark_effect(remark.level),
		"severity": remark_severity(remark.level),
		"subject": concat("", [remark.id, ": ", remark.message]),
		"why": concat("", ["cfn-lint ", remark.id, ": ", remark.message]),
		"remediation": {"text": "Change the template as the message says; cfn-lint explains the rule by its id."},
		"place": {"path": remark.path, "line": remark.line},
		"link": "https://github.com/aws-cloudformation/cfn-lint/blob/main/docs/rules.md",
	}
]

# A level that nobody knows is as bad as an error.
remark_effect(level) := data.gates.security.remarks[level] if {
	level in ["error", "warning", "informational"]
} else := "deny"

remark_severity("warning") := "medium"

remark_severity("informational") := "low"

remark_severity(level) := "high" if not level in ["warning", "informational"]

unlinted := [finding |
	some item in input.unlinted
	finding := {
		"rule": "template-unchecked",
		"effect": "unknown",
		"subject": item.path,
		"why": concat("", ["the template was not linted: ", item.why]),
		"remediation": {"text": "Install cfn-lint beside writ (pip install cfn-lint), and mend what it could not read."},
		"place": {"path": item.path},
	}
]

nags := [finding |
	some item in input.nags
	finding := {
		"rule": "cdk-nag",
		"effect": nag_effect(item),
		"severity": nag_severities[item.level],
		"subject": concat(" ", [item.id, item.construct]),
		"why": concat("", [item.construct, ": ", item.id, ": ", item.message]),
		"remediation": {"text": "Change the construct, or acknowledge the rule beside it with the reason why it does not bind."},
		"place": {"path": item.path},
		"link": "https://github.com/cdklabs/cdk-nag/blob/main/RULES.md",
	}
]

nag_effect(item) := "unknown" if {
	not item.decided
} else := data.gates.security.remarks[item.level]

nag_severities := {"error": "high", "warning": "medium"}
