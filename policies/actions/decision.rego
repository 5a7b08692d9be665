# The decision on one action. Missing facts outrank everything: what cannot be known is never allowed.
package writ.actions

import rego.v1

# METADATA
# entrypoint: true
decision := {
	"verdict": verdict,
	"reasons": sort([reason | some reason in reasons]),
	"obligations": sort([duty | some duty in obligations]),
	"exceptions": sort([id | some id in exceptions_used]),
}

verdict := "unknown" if {
	not facts_complete
} else := "allow" if {
	count(standing) == 0
} else := "deny" if {
	count(denials) > 0
} else := "review"

# `missing` names the facts that could not be read; whoever asks without that list has not looked.
facts_complete if input.missing == []

# What still speaks against the action once approval and exceptions are counted in.
standing contains code if {
	some code in findings
	not settled(code)
}

settled(code) if waived(code)

settled(code) if {
	effect(code) == "review"
	approved
}

denials contains code if {
	some code in standing
	effect(code) == "deny"
}

# An allow stands only while every limit that was not waived can still be reserved.
obligations contains {"kind": "reserve", "counter": "hour", "limit": input.limits.per_hour} if {
	verdict == "allow"
	is_number(input.limits.per_hour)
	below_hour_limit
}

obligations contains {"kind": "reserve", "counter": "target_hour", "limit": input.limits.per_target_per_hour} if {
	verdict == "allow"
	is_number(input.limits.per_target_per_hour)
	below_target_limit
}

exceptions_used contains waiver.id if some waiver in waivers_used

waivers_used contains waiver if {
	some code in findings
	some waiver in waivers
	waiver.rule == code
	verdict in ["allow", "review"]
}
