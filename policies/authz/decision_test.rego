package writ.authz_test

import data.writ.authz
import rego.v1

permitted(claims, route) := answer if {
	answer := authz.allow with input.caller as {"claims": claims} with input.route as route
}

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
