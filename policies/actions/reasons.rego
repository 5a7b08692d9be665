# The sentences behind the codes.
package writ.actions

import rego.v1

reasons contains {"code": "facts_missing", "message": sprintf("fact %v is missing or unreadable", [fact])} if {
	verdict == "unknown"
	some fact in missing
}

reasons contains {"code": code, "message": sentence(code)} if {
	some code in denials
	verdict == "deny"
}

reasons contains {"code": code, "message": sentence(code)} if {
	some code in standing
	verdict == "review"
}

reasons contains {"code": "four_eyes", "message": sentence("four_eyes")} if {
	verdict == "review"
	own_approval
}

reasons contains ground if {
	verdict == "allow"
	some ground in grounds
}

reasons contains {"code": "waived", "message": message} if {
	some waiver in waivers_used
	message := sprintf("%s: exception %s of %s", [waiver.rule, waiver.id, waiver.owner])
}

missing := input.missing if facts_listed

missing := ["missing"] if not facts_listed

facts_listed if is_array(input.missing)

grounds contains {"code": "risk_low", "message": "low risk, within limits"} if low_risk

grounds contains {"code": "risk_medium", "message": "medium risk, within limits"} if medium_risk

grounds contains {"code": "approved", "message": sprintf("approved by %s", [input.approval.by])} if approved

grounds contains {"code": "freeze_low_risk", "message": sprintf("%s does not hold low risk", [freeze])} if {
	some freeze in freezes
	low_risk
}

# The code itself where a fact that the sentence needs is absent.
sentence(code) := text if {
	text := message(code)
} else := code

message("bot_paused") := sprintf("bot %s is paused", [input.bot.name])

message("limit_blast_radius") := sprintf("touches %v things, limit %v", [input.action.blast_radius, input.limits.blast_radius])

message("limit_per_hour") := sprintf("%v in this hour, limit %v", [input.usage.hour, input.limits.per_hour])

message("limit_per_target") := sprintf(
	"%v on this target in this hour, limit %v",
	[input.usage.target_hour, input.limits.per_target_per_hour],
)

message("freeze") := concat(" ", ["frozen by", concat(", ", sort([id | some id in freezes]))])

message("window_closed") := sprintf("outside the change window: %s", [input.change.window])

message("risk_high") := "high risk: a person must approve"

message("four_eyes") := sprintf("%s asked for this and cannot approve it", [input.actor.id])
