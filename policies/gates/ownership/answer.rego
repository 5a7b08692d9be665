# Who answers for what. A change of a file that nobody owns needs a person; what could waive rules must have an owner.
package writ.gates.ownership

import rego.v1

# METADATA
# entrypoint: true
answer := {"findings": array.concat(array.concat(unguarded, rewritten), array.concat(mistakes, unowned)), "records": []} if {
	is_array(input.unguarded)
	is_array(input.rewritten)
	is_array(input.mistakes)
	is_array(input.unowned)
}

unguarded := [finding |
	some path in input.unguarded
	finding := {
		"rule": "unguarded",
		"effect": "deny",
		"subject": path,
		"why": concat(" ", ["nobody owns", path, "so whoever may change it may change the rules"]),
		"remediation": {"text": concat(" ", ["Name an owner of", path, "in", input.codeowners])},
		"place": {"path": path},
	}
]

rewritten := [finding |
	some path in input.rewritten
	finding := {
		"rule": "rewritten",
		"effect": "review",
		"subject": path,
		"why": concat(" ", ["the change rewrites", concat("", [path, ", which says who owns what"])]),
		"remediation": {"text": "Let a person approve it; until then the owners of the base count."},
		"place": {"path": path},
	}
]

mistakes := [finding |
	some mistake in input.mistakes
	finding := {
		"rule": "mistake",
		"effect": "deny",
		"subject": input.codeowners,
		"why": concat("", [mistake.problem, ", so that GitHub passes over the line"]),
		"remediation": {"text": "Write the line as GitHub's documentation says, or take it out."},
		"place": {"path": input.codeowners, "line": mistake.line},
	}
]

unowned := [finding |
	some path in input.unowned
	not path in input.unguarded
	finding := {
		"rule": "unowned",
		"effect": unowned_effect,
		"subject": path,
		"why": concat(" ", ["nobody owns", path]),
		"remediation": {"text": concat(" ", ["Name an owner in", input.codeowners])},
		"place": {"path": path},
	}
]

default unowned_effect := "note"

unowned_effect := "review" if input.changed == true
