# What speaks against components, workflows, images and templates; each part is a file beside this one.
package writ.gates.security

import rego.v1

# Undefined, which is `unknown`, where facts are missing or not of the expected form.
# METADATA
# entrypoint: true
answer := {"findings": findings, "records": []} if {
	every part in [
		"weaknesses", "mirror", "unmatched", "fresh", "undated",
		"uses", "containers", "permissions", "heads", "injections",
		"policies", "unread_policies",
		"bases", "users", "fetched", "baked",
		"remarks", "unlinted", "nags",
	] {
		is_array(input[part])
	}
}

findings := [finding |
	some part in [
		weaknesses, undecided, mirror, unmatched, fresh, undated,
		unpinned, unnamed, containers, permissions, heads, injections,
		wildcards, exclusions, public, escalations, assumptions, unread_policies,
		bases, users, fetched, baked,
		remarks, unlinted, nags,
	]
	some finding in part
]
