package writ.authz_test

import data.writ.authz
import rego.v1

permitted(claims, route) := answer if {
	answer := authz.allow with input.door as "people"
		with input.caller as {"claims": claims}
		with input.route as route
}

# A run of a workflow, asking for a route that is there for it, of a plane that serves some repositories.
let_in(claims, repositories) := answer if {
	answer := authz.allow with input.door as "workflows"
		with input.caller as {"claims": claims}
		with input.route as "POST /v1/gates/results"
		with input.repositories as repositories
}

entering(door) := answer if {
	answer := authz.allow with input.door as door
		with input.caller as {"claims": {"sub": "4f1c"}}
		with input.route as "GET /v1/bots"
}

run_of(repository) := {"sub": "repo:x:ref:refs/heads/main", "repository": repository}

test_an_authenticated_operator_may if permitted({"sub": "4f1c"}, "GET /v1/bots")

test_a_caller_without_subject_may_not if {
	every claims in [{}, {"sub": ""}, {"sub": 7}, {"sub": null}] {
		permitted(claims, "GET /v1/bots") == false
	}
}

test_a_route_outside_the_api_may_not_be_used if {
	every route in ["GET /v2/bots", "TRACE /v1/bots", "", "x GET /v1/bots"] {
		permitted({"sub": "4f1c"}, route) == false
	}
}

test_an_unknown_question_is_no if permitted(null, null) == false

test_a_run_of_a_repository_that_is_served_may if {
	let_in(run_of("acme/shop"), ["acme/*"])
	let_in(run_of("Acme/Shop"), ["other/one", "acme/shop"])
	let_in(run_of("any/thing"), ["*/*"])
}

test_a_run_of_another_repository_may_not if {
	every repository in ["evil/shop", "acme", "acme/shop/x", "acmee/shop", "x/acme/shop", "", null, 7] {
		let_in(run_of(repository), ["acme/*"]) == false
	}
}

test_a_run_without_subject_or_with_no_repository_served_may_not if {
	let_in({"repository": "acme/shop"}, ["acme/*"]) == false
	let_in(run_of("acme/shop"), []) == false
	let_in(run_of("acme/shop"), null) == false
}

test_a_door_that_is_not_known_lets_nobody_in if {
	every door in ["", "roof", null] {
		entering(door) == false
	}
}
