# What a repository's own policies found stands as they say it; that a change rewrites them needs a person.
package writ.gates.custom

import rego.v1

# METADATA
# entrypoint: true
answer := {"findings": array.concat(input.violations, rewritten), "records": []} if {
	is_array(input.violations)
	is_array(input.rewritten)
}

rewritten := [finding |
	some path in input.rewritten
	finding := {
		"rule": "rewritten",
		"effect": "review",
		"subject": path,
		"why": concat("", ["the change rewrites ", path, ", which is part of the repository's policies"]),
		"remediation": {"text": "Let a person approve it; until it is merged the policies of the base count too."},
		"place": {"path": path},
	}
]
