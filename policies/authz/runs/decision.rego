# Which runs of workflows may call the routes that are there for them: those of repositories that this plane serves,
# and of workflows that it trusts. Whoever is not known may not.
package writ.authz.runs

import rego.v1

# METADATA
# entrypoint: true
default allow := false

allow if {
	regex.match(`^(GET|POST|PUT|PATCH|DELETE) /v1/`, input.route)
	some pattern in input.served.repositories
	glob.match(lower(pattern), ["/"], lower(input.caller.claims.repository))
	trusted
}

# Without a list every workflow of a repository is, also one that somebody changed on a branch.
trusted if count(input.served.workflows) == 0

trusted if {
	some pattern in input.served.workflows
	glob.match(pattern, ["/", "@"], input.caller.claims.job_workflow_ref)
}
