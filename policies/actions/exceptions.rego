# Exceptions: each waives one rule within one scope until it expires. One that is expired or malformed waives nothing.
package writ.actions

import rego.v1

# A pause, missing facts, and the review of high risk cannot be waived.
# METADATA
# entrypoint: true
waivable := [
	"budget_low",
	"budget_spent",
	"fork",
	"freeze",
	"limit_blast_radius",
	"limit_per_hour",
	"limit_per_target",
	"window_closed",
]

waived(code) if {
	some waiver in waivers
	waiver.rule == code
}

waivers contains waiver if {
	some waiver in input.exceptions
	waiver.rule in waivable
	waiver.expires_at > input.now
	covers(waiver.scope.bot, input.bot.name)
	covers(waiver.scope.action, input.action.name)
	covers(waiver.scope.target, sprintf("%s:%s", [input.action.target.kind, input.action.target.id]))
	attributed(waiver)
	regex.match(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`, waiver.expires_at)
}

# No delimiters: `*` crosses dots and slashes.
covers(pattern, value) if glob.match(pattern, null, value)

attributed(waiver) if {
	waiver.id != ""
	waiver.owner != ""
	waiver.reason != ""
}
