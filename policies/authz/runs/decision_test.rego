package writ.authz.runs_test

import data.writ.authz.runs
import rego.v1

reporting := "POST /v1/gates/results"

building := "POST /v1/releases/{id}/build"

recorder := "acme/writ/.github/workflows/recorded-gates.yml"

let_in(claims, repositories) := asking(building, claims, {"repositories": repositories, "owner_ids": []})

asking(route, claims, served) := answer if {
	whole := object.union({"routes": [reporting, building], "owner_ids": [], "gates": []}, served)
	answer := runs.allow with input.caller as {"claims": claims}
		with input.route as route
		with input.served as whole
}

run_of(repository) := {"sub": "repo:x:ref:refs/heads/main", "repository": repository}

job_of(workflow) := object.union(run_of("acme/shop"), {"job_workflow_ref": workflow})

recorded_at(ref) := concat("@", [recorder, ref])

test_a_run_of_a_repository_that_is_served_may if {
	let_in(run_of("acme/shop"), ["acme/*"])
	let_in(run_of("Acme/Shop"), ["other/one", "acme/shop"])
	let_in(run_of("any/thing"), ["*/*"])
}

test_a_run_of_another_repository_may_not if {
	every repository in ["evil/shop", "acme", "acme/shop/x", "acmee/shop", "x/acme/shop", "[acme/shop]", "", null, 7] {
		let_in(run_of(repository), ["acme/*"]) == false
	}
}

test_nobody_may_where_no_repository_is_served if {
	let_in(run_of("acme/shop"), []) == false
	let_in(run_of("acme/shop"), null) == false
	let_in({"sub": "4f1c"}, ["*/*"]) == false
	let_in(null, ["*/*"]) == false
}

test_only_routes_that_are_there_for_runs_may_be_used if {
	every route in ["GET /v1/bots", "POST /v1/releases/{id}/abort", "GET /v2/bots", "", null] {
		asking(route, run_of("acme/shop"), {"repositories": ["acme/*"]}) == false
	}
}

test_owners_are_told_by_their_ids_where_those_are_named if {
	served := {"repositories": ["acme/*"], "owner_ids": ["12345", "6"]}
	asking(building, object.union(run_of("acme/shop"), {"repository_owner_id": "12345"}), served)
	every id in ["54321", "1", "", null] {
		asking(building, object.union(run_of("acme/shop"), {"repository_owner_id": id}), served) == false
	}
	asking(building, run_of("acme/shop"), served) == false
}

test_what_gates_found_is_taken_from_a_trusted_workflow if {
	asking(reporting, job_of(recorded_at("refs/tags/v1")), {"repositories": ["acme/*"], "gates": [recorded_at("refs/tags/*")]})
	asking(reporting, job_of(recorded_at("0123")), {"repositories": ["acme/*"], "gates": ["other/x/y.yml@*", recorded_at("0123")]})
}

test_what_gates_found_is_taken_from_no_other if {
	served := {"repositories": ["acme/*"], "gates": [recorded_at("refs/tags/*"), recorded_at("0123")]}
	every workflow in [
		recorded_at("refs/heads/mine"),
		recorded_at("refs/pull/7/merge"),
		# Commits of forks are found in the repository that they were forked from.
		recorded_at("4567"),
		"acme/shop/.github/workflows/recorded-gates.yml@refs/tags/v1",
		"acme/writ/.github/workflows/release.yml@refs/tags/v1",
		# A branch may be called like anything.
		concat("", ["acme/writ/.github/workflows/x.yml@refs/heads/", recorded_at("refs/tags/v1")]),
		"",
		null,
	] {
		asking(reporting, job_of(workflow), served) == false
	}
	asking(reporting, run_of("acme/shop"), served) == false
}

test_no_workflow_is_believed_where_none_is_named if {
	asking(reporting, job_of(recorded_at("0123")), {"repositories": ["acme/*"]}) == false
	asking(reporting, job_of(recorded_at("0123")), {"repositories": ["acme/*"], "gates": null}) == false
}
