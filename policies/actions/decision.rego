# The decision on one action. Missing facts outrank everything: what cannot be known is never allowed.
package writ.actions

import rego.v1

# METADATA
# entrypoint: true
decision := {
	"verdict": verdict,
	"reasons": sort(reasons),
	"obligations": obligations,
	"exceptions": sort(exceptions_used),
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

reasons contains {"code": "facts_missing", "message": sprintf("fact %s is missing or unreadable", [fact])} if {
	verdict == "unknown"
	some fact in missing
}

reasons contains reason(code) if {
	verdict == "deny"
	some code in denials
}

reasons contains reason(code) if {
	verdict == "review"
	some code in standing
}

reasons contains reason(code) if {
	verdict == "allow"
	some code in grounds
}

reasons contains {"code": "waived", "message": sprintf("%s: exception %s of %s", [waiver.rule, waiver.id, waiver.owner])} if {
	some waiver in waivers_used
}

missing := input.missing

missing := ["missing"] if not is_array(input.missing)

exceptions_used contains waiver.id if some waiver in waivers_used

waivers_used contains waiver if {
	verdict in ["allow", "review"]
	some code in findings
	some waiver in waivers(code)
}

# An allow stands only while every limit that was not waived can still be reserved.
obligations := array.concat(
	reservation("hour", "per_hour", "limit_per_hour"),
	reservation("target_hour", "per_target_per_hour", "limit_per_target"),
)

reservation(counter, limit, rule) := [{"kind": "reserve", "counter": counter, "limit": input.limits[limit]}] if {
	verdict == "allow"
	is_number(input.limits[limit])
	not rule in findings
} else := []
