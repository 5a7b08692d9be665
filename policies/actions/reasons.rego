# The sentences behind the codes.
package writ.actions

import rego.v1

# What is not known.
gaps contains {"code": "facts_missing", "message": sprintf("fact %v is missing or unreadable", [fact])} if {
	some fact in missing
}

missing := input.missing if {
	is_array(input.missing)
} else := ["missing"]

# Why an action is allowed.
grounds := risk_grounds if {
	special_grounds == set()
} else := sort(array.concat(risk_grounds, [ground | some ground in special_grounds]))

risk_grounds := [{"code": "risk_low", "message": "low risk, within limits"}] if {
	low_risk
} else := [{"code": "risk_medium", "message": "medium risk, within limits"}] if {
	medium_risk
} else := []

special_grounds contains {"code": "approved", "message": sprintf("approved by %s", [input.approval.by])} if approved

special_grounds contains {"code": "freeze_low_risk", "message": message} if {
	low_risk
	some freeze in input.change.freezes
	holds(freeze)
	message := sprintf("%s does not hold low risk", [freeze.id])
}

special_grounds contains exemption(waiver) if some waiver in waivers_used

special_grounds contains overriding(use) if some use in glasses_used

# What a person is asked.
questions contains {"code": code, "message": sentence(code)} if some code in standing

questions contains {"code": "four_eyes", "message": sentence("four_eyes")} if own_approval

questions contains exemption(waiver) if some waiver in waivers_used

questions contains overriding(use) if some use in glasses_used

exemption(waiver) := {"code": "waived", "message": message} if {
	message := sprintf("%s: exception %s of %s", [waiver.rule, waiver.id, waiver.owner])
}

overriding(use) := {"code": "break_glass", "message": message} if {
	message := sprintf("%s: break-glass %s, approved by two", [use.code, use.id])
}

# The code itself where a fact that the sentence needs is absent.
sentence(code) := text if {
	text := message(code)
} else := code

message("bot_paused") := sprintf("bot %s is paused", [input.bot.name])

message("action_paused") := sprintf("%s of %s is paused", [input.action.name, input.bot.name])

message("limit_blast_radius") := sprintf("touches %v things, limit %v", [input.action.blast_radius, input.limits.blast_radius])

message("limit_per_hour") := sprintf("%v in this hour, limit %v", [input.usage.hour, input.limits.per_hour])

message("limit_per_target") := sprintf(
	"%v on this target in this hour, limit %v",
	[input.usage.target_hour, input.limits.per_target_per_hour],
)

message("quota") := concat("; ", sort({text |
	some quota in input.action.quotas
	not within(quota)
	text := beyond(quota)
}))

beyond(quota) := sprintf("%s: %v and %v more, limit %v", [quota.name, quota.used, quota.adds, quota.limit])

message("cooldown") := sprintf(
	"the youngest release is %v hours old, and %v are wanted",
	[input.action.cooldown.age_hours, hours_wanted],
)

# rego-cpp 1.5.2 compares numbers as texts in `max`.
hours_wanted := input.action.cooldown.hours if {
	input.action.cooldown.hours >= data.dependencies.cooldown_hours
} else := data.dependencies.cooldown_hours

message("fork") := sprintf("runs code of another repository (%s)", [input.action.origin])

message("freeze") := concat(" ", ["frozen by", concat(", ", sort([named(freeze) |
	some freeze in input.change.freezes
	holds(freeze)
]))])

named(freeze) := sprintf("%s until %s", [freeze.id, freeze.until]) if {
	is_string(object.get(freeze, "until", null))
} else := freeze.id

message("window_closed") := sprintf("outside the change window: %s", [input.change.window])

message("budget_low") := sprintf("little error budget is left: bot %s, target %s", [input.budget.bot, input.budget.target])

message("budget_spent") := sprintf("error budget spent: bot %s, target %s", [input.budget.bot, input.budget.target])

message("risk_high") := "high risk: a person must approve"

message("four_eyes") := sprintf("%s asked for this and cannot approve it", [input.actor.id])
