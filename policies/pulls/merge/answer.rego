# Whether a pull request is merged without a person at the button. Each rule names what must hold and speaks against the
# merge unless it does: a fact that is absent or of the wrong type keeps it open, and nothing that is unknown merges.
package writ.pulls.merge

import rego.v1

# METADATA
# entrypoint: true
answer := {"asked": asked, "verdict": verdict, "reasons": sort([reason | some reason in reasons])} if {
	is_array(input.missing)
	is_array(input.pull.labels)
}

default asked := false

asked if {
	some label in input.pull.labels
	label in data.pulls.merge.labels
}

asked if input.pull.author in data.pulls.merge.authors

default verdict := "deny"

verdict := "unknown" if {
	count(input.missing) > 0
} else := "allow" if {
	asked
	count(reasons) == 0
}

reasons contains {"code": "unknown", "message": concat("", ["not known: ", fact])} if some fact in input.missing

reasons contains {"code": "closed", "message": "it is not open"} if not input.pull.open == true

reasons contains {"code": "draft", "message": "it is a draft"} if not input.pull.draft == false

reasons contains {"code": "fork", "message": "it comes from another repository"} if {
	not input.pull.fork == false
	not forks_allowed
}

forks_allowed if {
	data.pulls.merge.forks == true
	input.pull.fork == true
}

reasons contains {"code": "conflict", "message": "it does not merge into its base"} if input.pull.mergeable == false

reasons contains {"code": "mergeable", "message": "whether it merges into its base is not known yet"} if {
	not is_boolean(input.pull.mergeable)
}

reasons contains {"code": "checks_own", "message": "what is asked of the pull request itself does not hold"} if {
	not input.verdict == "allow"
}

reasons contains {"code": "gates_missing", "message": "no result of gates is recorded for this head"} if {
	not is_object(input.gates)
}

reasons contains {"code": "gates_verdict", "message": sprintf("gates found %v", [object.get(input.gates, "verdict", "nothing")])} if {
	is_object(input.gates)
	not input.gates.verdict == "allow"
}

reasons contains {"code": "gates_policies", "message": "gates ran by other policies than the plane's"} if {
	is_object(input.gates)
	not input.gates.bundle == input.policies
}

# What gates go by changes with time: exceptions end, advisories come out.
reasons contains {"code": "gates_old", "message": "gates ran too long ago"} if {
	is_object(input.gates)
	not recent
}

recent if {
	is_number(input.gates.age_h)
	input.gates.age_h <= data.pulls.merge.gates_max_age_h
}

reasons contains {"code": "gates_left_out", "message": concat("", ["gates did not run: ", concat(", ", sort(left_out))])} if {
	is_object(input.gates)
	not count(left_out) == 0
}

left_out contains name if {
	some name in input.known_gates
	not name in input.gates.names
}

# Else a plane that knows no gates would let everything through.
reasons contains {"code": "gates_unknown", "message": "no gate is known here"} if not count(input.known_gates) > 0

reasons contains {"code": "facts", "message": "there are no facts on checks"} if not is_array(input.required)

reasons contains {"code": "facts", "message": "there are no facts on checks"} if not is_array(input.others)

reasons contains {"code": "facts", "message": "there are no facts on reviews"} if not is_array(input.reviews)

reasons contains {"code": "facts", "message": "there are no facts on owners"} if not is_array(input.owners)

reasons contains {"code": "check_required", "message": concat("", [check.name, " is required and ", check.state])} if {
	some check in input.required
	check.state != "passed"
}

reasons contains {"code": "check_failed", "message": concat("", [check.name, " ", check.state])} if {
	some check in input.others
	not check.state in ["passed", "skipped"]
}

reasons contains {"code": "changes_requested", "message": concat("", [review.reviewer, " asked for changes"])} if {
	some review in input.reviews
	review.state == "changes_requested"
}

reasons contains {"code": "approvals", "message": sprintf("%d of %d approvals of this head", [count(approvals), wanted])} if {
	count(approvals) < wanted
}

reasons contains {"code": "risk", "message": "of this risk nothing merges by itself"} if {
	not is_number(wanted)
}

wanted := number if {
	number := data.pulls.merge.approvals[input.risk]
	is_number(number)
}

# Of this head, by a person of the repository who wrote nothing of it.
approvals contains review.reviewer if {
	some review in input.reviews
	review.state == "approved"
	review.current == true
	review.member == true
	review.person == true
	review.wrote == false
}

reasons contains {"code": "owners", "message": concat("", ["nobody approved of ", concat(" or ", group.owners)])} if {
	some group in input.owners
	not group_approved(group)
}

group_approved(group) if {
	some person in group.people
	some approver in approvals
	lower(person) == lower(approver)
}

reasons contains {"code": "freeze", "message": concat("", ["freeze ", freeze.id, " holds every change"])} if {
	some freeze in input.change.freezes
	is_in_force(freeze)
}

reasons contains {"code": "freeze", "message": "freezes are not known"} if not is_array(input.change.freezes)

is_in_force(freeze) if {
	speaks_of(freeze.scope, "bots", "pr")
	speaks_of(freeze.scope, "actions", "merge-pull-request")
}

is_in_force(freeze) if not is_object(freeze.scope)

speaks_of(scope, kind, _) if object.get(scope, kind, []) == []

speaks_of(scope, kind, name) if name in object.get(scope, kind, [])

reasons contains {"code": "window", "message": "the change window is not open"} if not input.change.window_open == true

reasons contains {"code": "budget", "message": concat("", ["error budget of ", name, ": ", state])} if {
	some name, state in input.budgets
	state != "normal"
}

reasons contains {"code": "budget", "message": "error budgets are not known"} if not is_object(input.budgets)
