package writ.authz.runs_test

import data.writ.authz.runs
import rego.v1

let_in(claims, repositories) := trusted(claims, repositories, [])

trusted(claims, repositories, workflows) := asking("POST /v1/gates/results", claims, repositories, workflows)

asking(route, claims, repositories, workflows) := answer if {
	answer := runs.allow with input.caller as {"claims": claims}
		with input.route as route
		with input.served as {"repositories": repositories, "workflows": workflows}
}

run_of(repository) := {"sub": "repo:x:ref:refs/heads/main", "repository": repository}

job_of(workflow) := object.union(run_of("acme/shop"), {"job_workflow_ref": workflow})

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

test_nobody_may_where_no_repository_is_served if {
	let_in(run_of("acme/shop"), []) == false
	let_in(run_of("acme/shop"), null) == false
	let_in({"sub": "4f1c"}, ["*/*"]) == false
	let_in(null, ["*/*"]) == false
}

test_a_route_outside_the_api_may_not_be_used if {
	every route in ["GET /v2/bots", "TRACE /v1/bots", "", "x GET /v1/bots"] {
		asking(route, run_of("acme/shop"), ["acme/*"], []) == false
	}
}

test_a_job_of_a_trusted_workflow_may if {
	gates := "acme/writ/.github/workflows/gates.yml@"
	trusted(job_of(concat("", [gates, "refs/tags/v1"])), ["acme/*"], [concat("", [gates, "refs/tags/*"])])
	trusted(job_of(concat("", [gates, "0123"])), ["acme/*"], ["other/x/y.yml@*", concat("", [gates, "**"])])
}

test_a_job_of_another_workflow_may_not if {
	listed := ["acme/writ/.github/workflows/gates.yml@refs/tags/*"]
	every workflow in [
		"acme/writ/.github/workflows/gates.yml@refs/heads/mine",
		"acme/shop/.github/workflows/gates.yml@refs/tags/v1",
		"acme/writ/.github/workflows/other.yml@refs/tags/v1",
		# A branch may be called like anything.
		"acme/writ/.github/workflows/x.yml@refs/heads/writ/.github/workflows/gates.yml@refs/tags/v1",
		"",
		null,
	] {
		trusted(job_of(workflow), ["acme/*"], listed) == false
	}
	trusted(run_of("acme/shop"), ["acme/*"], listed) == false
	trusted(run_of("acme/shop"), ["acme/*"], null) == false
}
