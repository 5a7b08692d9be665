# Who may call the API. Any authenticated operator may, for now; a run of a workflow may where its repository is
# one that this plane serves; whoever is not known may not.
package writ.authz

import rego.v1

# METADATA
# entrypoint: true
default allow := false

allow if {
	known
	regex.match(`^(GET|POST|PUT|PATCH|DELETE) /v1/`, input.route)
}

known if {
	input.door == "people"
	named(input.caller.claims.sub)
}

known if {
	input.door == "workflows"
	named(input.caller.claims.sub)
	some pattern in input.repositories
	glob.match(lower(pattern), ["/"], lower(input.caller.claims.repository))
}

named(subject) if {
	is_string(subject)
	subject != ""
}
