# What speaks against an action. Each rule names what must hold and finds against the action unless it does, so
# that a fact which is absent or of the wrong type counts against the action and never for it.
package writ.actions

import rego.v1

findings contains "bot_paused" if not input.bot.paused == false

findings contains "action_paused" if not input.action.paused == false

findings contains "limit_blast_radius" if not blast_radius_within_limit

findings contains "limit_per_hour" if {
	not hour_room
	not unlimited("per_hour")
}

findings contains "limit_per_target" if {
	not target_room
	not unlimited("per_target_per_hour")
}

# Each quota that the action states has to be kept, whatever its risk.
findings contains "quota" if {
	some quota in input.action.quotas
	not within(quota)
}

within(quota) if {
	is_number(quota.limit)
	quota.used >= 0
	quota.adds >= 0
	quota.used + quota.adds <= quota.limit
}

# What lets in releases of others is as old as policy and its repository want; an age nobody states is none.
findings contains "cooldown" if {
	sprintf("%s/%s", [input.bot.name, input.action.name]) in data.dependencies.actions
	not ripe
}

ripe if {
	age := input.action.cooldown.age_hours
	age >= data.dependencies.cooldown_hours
	age >= input.action.cooldown.hours
}

# Code of a fork was written by whoever could open a pull request.
findings contains "fork" if input.action.origin in ["fork", "unknown"]

findings contains code if {
	not low_risk
	some code in cautions
}

# What speaks against anything but low risk.
cautions contains "freeze" if not unfrozen

cautions contains "window_closed" if not input.change.window_open == true

cautions contains "risk_high" if not medium_risk

cautions contains "budget_low" if {
	not budgets_normal
	not remedy
}

# Spent budgets hold high risk only: an action of medium risk needs a person then, and no exception.
cautions contains "budget_spent" if {
	not medium_risk
	not budgets_left
	not remedy
}

low_risk if input.action.risk == "low"

medium_risk if input.action.risk == "medium"

blast_radius_within_limit if {
	limit := input.limits.blast_radius
	is_number(limit)
	touched := input.action.blast_radius
	touched >= 1
	touched <= limit
}

# The limits that have room for one more.
hour_room := limit if {
	limit := input.limits.per_hour
	is_number(limit)
	used := input.usage.hour
	used >= 0
	used < limit
}

target_room := limit if {
	limit := input.limits.per_target_per_hour
	is_number(limit)
	used := input.usage.target_hour
	used >= 0
	used < limit
}

unlimited(kind) if object.get(input.limits, kind, null) == null

unfrozen if {
	is_array(input.change.freezes)
	count(freezes) == 0
}

freezes contains freeze.id if {
	some freeze in input.change.freezes
	holds(freeze)
}

holds(freeze) if {
	in_scope(freeze.scope, "bots", input.bot.name)
	in_scope(freeze.scope, "actions", input.action.name)
}

# Else whoever declared a narrow freeze could lift it alone, and it would hold nobody.
holds(_) if changes_rules

# A scope that names nothing covers everything.
in_scope(scope, kind, _) if object.get(scope, kind, []) == []

in_scope(scope, kind, name) if name in object.get(scope, kind, [])

budgets_normal if {
	input.budget.bot == "normal"
	input.budget.target == "normal"
}

budgets_left if {
	input.budget.bot in ["normal", "review"]
	input.budget.target in ["normal", "review"]
}

# What ends harm, or is owed to somebody, must not wait for the budget that the harm has spent.
remedy if sprintf("%s/%s", [input.bot.name, input.action.name]) in data.budget.remedies

approved if {
	is_string(input.approval.by)
	input.approval.by != ""
	independent
}

# Whoever asked for an action does not approve it.
independent if input.actor.kind == "bot"

independent if input.actor.kind == "run"

independent if {
	input.actor.kind == "person"
	input.actor.id != input.approval.by
}

own_approval if {
	input.approval.by == input.actor.id
	input.actor.kind == "person"
}

effect(code) := "review" if {
	code in ["budget_low", "window_closed", "risk_high"]
} else := "review" if {
	code in ["budget_spent", "freeze"]
	changes_rules
} else := "review" if {
	code == "cooldown"
	sprintf("%s/%s", [input.bot.name, input.action.name]) in data.dependencies.early
} else := "deny"

# Actions that change the rules must stay possible in a freeze, else nobody could ever lift one. There a second
# person decides.
changes_rules if sprintf("%s/%s", [input.bot.name, input.action.name]) in data.governance.actions
