# Who may call the API. Any authenticated operator may, for now; whoever is not known may not.
package writ.authz

import rego.v1

# METADATA
# entrypoint: true
default allow := false

allow if {
	operator
	regex.match(`^(GET|POST|PUT|PATCH|DELETE) /v1/`, input.route)
}

operator if {
	subject := input.caller.claims.sub
	is_string(subject)
	subject != ""
}
