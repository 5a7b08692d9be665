# The sentences behind the codes.
package writ.actions

import rego.v1

reason(code) := {"code": code, "message": object.get(messages, code, code)}

messages.bot_paused := sprintf("bot %s is paused", [input.bot.name])

messages.limit_blast_radius := sprintf(
	"touches %v things, limit %v",
	[input.action.blast_radius, input.limits.blast_radius],
)

messages.limit_per_hour := sprintf("%v in this hour, limit %v", [input.usage.hour, input.limits.per_hour])

messages.limit_per_target := sprintf(
	"%v on this target in this hour, limit %v",
	[input.usage.target_hour, input.limits.per_target_per_hour],
)

messages.freeze := sprintf("frozen by %s", [concat(", ", sort(freezes))])

messages.freeze_low_risk := sprintf("%s does not hold low risk", [concat(", ", sort(freezes))])

messages.window_closed := sprintf("outside the change window: %s", [input.change.window])

messages.risk_high := "high risk: a person must approve"

messages.four_eyes := sprintf("%s asked for this and cannot approve it", [input.actor.id])

messages.risk_low := "low risk, within limits"

messages.risk_medium := "medium risk, within limits"

messages.approved := sprintf("approved by %s", [input.approval.by])

grounds contains "risk_low" if low_risk

grounds contains "risk_medium" if medium_risk

grounds contains "approved" if approved

grounds contains "freeze_low_risk" if {
	low_risk
	count(freezes) > 0
}
