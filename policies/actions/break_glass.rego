# Break-glass: rules overridden in one scope for minutes, by the word of two people who did not ask for it. One that is
# over, malformed or approved by fewer overrides nothing.
package writ.actions

import rego.v1

# A pause, missing facts, and the review of high risk cannot be overridden.
# Error budgets and forks are left to exceptions: an emergency makes neither an unstable service nor code from outside safer.
# METADATA
# entrypoint: true
breakable := ["freeze", "limit_blast_radius", "limit_per_hour", "limit_per_target", "window_closed"]

overridden(code) if {
	some glass in glasses
	code in glass.rules
	code in breakable
}

# What changes the rules keeps its second person: else whoever breaks the glass could open it for good.
glasses contains glass if {
	not changes_rules
	some glass in input.break_glass
	glass.ends_at > input.now
	covers(glass.scope.bot, input.bot.name)
	covers(glass.scope.action, input.action.name)
	covers(glass.scope.target, sprintf("%s:%s", [input.action.target.kind, input.action.target.id]))
	count(others(glass)) >= 2
	regex.match(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`, glass.ends_at)
}

others(glass) := {person |
	some person in glass.approvers
	person != ""
	person != glass.asked_by
}

glasses_used contains use if {
	some code in findings
	some glass in glasses
	code in glass.rules
	code in breakable
	use := {"code": code, "id": glass.id}
}
