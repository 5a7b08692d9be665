# A merge to a service whose error budget is spent needs a person; one whose budget nobody knows does not pass.
package writ.gates.slo

import rego.v1

# METADATA
# entrypoint: true
answer := {"findings": array.concat(findings, rewritten), "records": []} if {
	is_array(input.services)
	is_array(input.rewritten)
}

rewritten := [finding |
	some path in input.rewritten
	finding := {
		"rule": "rewritten",
		"effect": "review",
		"subject": path,
		"why": concat("", ["the change rewrites ", path, ", which says whose budget counts"]),
		"remediation": {"text": "Let a person approve it; until then the services of the base count too."},
		"place": {"path": path},
	}
]

findings := [finding |
	some service in input.services
	kind := kinds[budget_of(service)]
	finding := {
		"rule": kind.rule,
		"effect": kind.effect,
		"subject": service.name,
		"why": concat("", [service.name, kind.why]),
		"remediation": {"text": kind.remedy},
	}
]

kinds := {
	"freeze": {
		"rule": "budget-spent",
		"effect": "review",
		"why": " has spent its error budget",
		"remedy": "Mend what burns the budget first (writ slo), or let a person approve the merge.",
	},
	"review": {
		"rule": "budget-low",
		"effect": "note",
		"why": " has little of its error budget left",
		"remedy": "Keep the change small, and roll it out slowly.",
	},
	"unreadable": {
		"rule": "budget-unknown",
		"effect": "unknown",
		"why": " is not known to the control plane, or its budget cannot be read",
		"remedy": "Give the service an objective, or take it out of .gates/services.yaml.",
	},
}

# What is none of the known words is known by none.
budget_of(service) := service.budget if {
	service.budget in ["normal", "review", "freeze"]
} else := "unreadable"
