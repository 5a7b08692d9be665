# What speaks against an action. Each rule names what must hold and finds against the action unless it does, so
# that a fact which is absent or of the wrong type counts against the action and never for it.
package writ.actions

import rego.v1

findings contains "bot_paused" if not bot_running

findings contains "limit_blast_radius" if not blast_radius_within_limit

findings contains "limit_per_hour" if not below_hour_limit

findings contains "limit_per_target" if not below_target_limit

findings contains "freeze" if {
	not low_risk
	not unfrozen
}

findings contains "window_closed" if {
	not low_risk
	not window_open
}

findings contains "risk_high" if {
	not low_risk
	not medium_risk
}

bot_running if input.bot.paused == false

low_risk if input.action.risk == "low"

medium_risk if input.action.risk == "medium"

window_open if input.change.window_open == true

blast_radius_within_limit if {
	is_number(input.limits.blast_radius)
	input.action.blast_radius >= 1
	input.action.blast_radius <= input.limits.blast_radius
}

below_hour_limit if object.get(input.limits, "per_hour", null) == null

below_hour_limit if below(input.usage.hour, input.limits.per_hour)

below_target_limit if object.get(input.limits, "per_target_per_hour", null) == null

below_target_limit if below(input.usage.target_hour, input.limits.per_target_per_hour)

below(used, limit) if {
	is_number(limit)
	used >= 0
	used < limit
}

unfrozen if {
	is_array(input.change.freezes)
	count(freezes) == 0
}

freezes contains freeze.id if {
	some freeze in input.change.freezes
	in_scope(freeze.scope, "bots", input.bot.name)
	in_scope(freeze.scope, "actions", input.action.name)
}

# Else whoever declared a narrow freeze could lift it alone, and it would hold nobody.
freezes contains freeze.id if {
	some freeze in input.change.freezes
	changes_rules
}

# A scope that names nothing covers everything.
in_scope(scope, kind, _) if object.get(scope, kind, []) == []

in_scope(scope, kind, name) if name in object.get(scope, kind, [])

approved if {
	is_string(input.approval.by)
	input.approval.by != ""
	independent
}

# Whoever asked for an action does not approve it.
independent if input.actor.kind == "bot"

independent if {
	input.actor.kind == "person"
	input.actor.id != input.approval.by
}

own_approval if {
	input.approval.by == input.actor.id
	input.actor.kind == "person"
}

effect(code) := "review" if {
	code in ["window_closed", "risk_high"]
} else := "review" if {
	code == "freeze"
	changes_rules
} else := "deny"

# Actions that change the rules must stay possible in a freeze, else nobody could ever lift one. There a second
# person decides.
changes_rules if sprintf("%s/%s", [input.bot.name, input.action.name]) in data.governance.actions
