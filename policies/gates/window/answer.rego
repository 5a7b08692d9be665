# When changes may go: outside of a change window a person decides; while everything is frozen nothing goes.
package writ.gates.window

import rego.v1

# METADATA
# entrypoint: true
answer := {"findings": array.concat(frozen, closed), "records": []} if {
	is_boolean(input.open)
	is_array(input.freezes)
}

frozen := [finding |
	some freeze in input.freezes
	finding := {
		"rule": "frozen",
		"effect": "deny",
		"subject": freeze.id,
		"why": concat("", ["freeze ", freeze.id, " holds every change: ", freeze.reason]),
		"remediation": {"text": concat(" ", ["Wait until it ends, or have it lifted: writ policy freezes lift", freeze.id])},
	}
]

closed := [finding |
	input.open == false
	finding := {
		"rule": "closed",
		"effect": "review",
		"subject": "change window",
		"why": concat(" ", ["outside of the change window:", input.window]),
		"remediation": {"text": "Wait for the window, or let a person approve the merge."},
	}
]
