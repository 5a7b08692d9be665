# Which runs of workflows may call the routes that are there for them: those of repositories that this plane serves.
# What gates found is taken from workflows alone that it trusts. Whoever is not known may not.
package writ.authz.runs

import rego.v1

# METADATA
# entrypoint: true
default allow := false

allow if {
	input.route in input.served.routes
	some pattern in input.served.repositories
	glob.match(lower(pattern), ["/"], lower(input.caller.claims.repository))
	owned
	trusted
}

# The id of an owner stays with him, his name may go to somebody else.
owned if count(input.served.owner_ids) == 0

owned if input.caller.claims.repository_owner_id in input.served.owner_ids

trusted if input.route != "POST /v1/gates/results"

# Merges and releases go by this, and who may push a branch can change the workflows in it.
trusted if {
	some pattern in input.served.gates
	glob.match(pattern, ["/", "@"], input.caller.claims.job_workflow_ref)
}
