# The decision on one action. Missing facts outrank everything: what cannot be known is never allowed.
package writ.actions

import rego.v1

# `missing` names the facts that could not be read; whoever asks without that list has not looked.
# METADATA
# entrypoint: true
decision := {
	"verdict": "unknown",
	"reasons": sort([gap | some gap in gaps]),
	"obligations": [],
	"exceptions": [],
} if {
	not input.missing == []
} else := {
	"verdict": "allow",
	"reasons": grounds,
	"obligations": array.concat(hour_duties, target_duties),
	"exceptions": sort([id | some id in exceptions_used]),
} if {
	standing == set()
} else := {
	"verdict": "deny",
	"reasons": sort([{"code": code, "message": sentence(code)} | some code in denials]),
	"obligations": [],
	"exceptions": [],
} if {
	count(denials) > 0
} else := {
	"verdict": "review",
	"reasons": sort([question | some question in questions]),
	"obligations": [],
	"exceptions": sort([id | some id in exceptions_used]),
}

# What still speaks against the action once approval and exceptions are counted in.
standing contains code if {
	some code in findings
	not settled(code)
}

settled(code) if waived(code)

settled(code) if overridden(code)

settled(code) if {
	effect(code) == "review"
	approved
}

denials contains code if {
	some code in standing
	effect(code) == "deny"
}

# An allow stands only while every limit that was not waived can still be reserved.
default hour_duties := []

hour_duties := [{"kind": "reserve", "counter": "hour", "limit": hour_room}]

default target_duties := []

target_duties := [{"kind": "reserve", "counter": "target_hour", "limit": target_room}]

exceptions_used contains waiver.id if some waiver in waivers_used

exceptions_used contains use.id if some use in glasses_used

waivers_used contains waiver if {
	some code in findings
	some waiver in waivers
	waiver.rule == code
}
