# Which components may be used. A licence is a choice of alternatives, each of which demands all of its licences: one
# alternative that is permitted is enough, and is recorded. What is not known is never permitted.
package writ.gates.licences

import rego.v1

# Undefined, which is `unknown`, where there are no facts to answer by.
# METADATA
# entrypoint: true
answer := {"findings": findings, "records": records} if is_array(input.licences)

# Each licence is judged once; it has one state for all of its components.
rated := [{"licence": licence, "state": state_of(licence)} | some licence in input.licences]

findings := [finding |
	some entry in rated
	licence := entry.licence
	state := entry.state
	state.rank > 1
	some component in licence.components
	finding := {
		"rule": rules[state.group],
		"effect": consequence(state.group, component),
		"subject": component.name,
		"why": why(state, licence, component),
		"remediation": {"text": remedy(state.group, component)},
		"place": component.place,
		"purl": component.purl,
	}
]

records := [record |
	some entry in rated
	licence := entry.licence
	state := entry.state
	count(licence.alternatives) > 1
	state.rank < 2
	some component in licence.components
	record := {"subject": component.name, "message": concat(" ", [shown(state.chosen), "chosen of", licence.shown])}
]

# How far each group is from being permitted. An unknown branch of a choice may yet turn out permitted, so it stands
# before those that are not.
ranks := {"permissive": 0, "weak": 1, "unread": 2, "ungrouped": 2, "strong": 3, "forbidden": 4}

rules := {"unread": "unknown", "ungrouped": "ungrouped", "strong": "strong-copyleft", "forbidden": "forbidden"}

state_of(licence) := {"rank": 2, "group": "unread", "chosen": []} if {
	licence.alternatives == []
} else := {"rank": rank, "group": group, "chosen": chosen, "culprit": culprit} if {
	rank := min([worst(alternative) | some alternative in licence.alternatives])
	chosen := [alternative | some alternative in licence.alternatives; worst(alternative) == rank][0]
	culprit := [symbol | some symbol in chosen; ranks[group_of(symbol)] == rank][0]
	group := group_of(culprit)
}

# The worst group of all that an alternative demands.
worst(alternative) := max([ranks[group_of(symbol)] | some symbol in alternative])

# An exception takes a licence to a group of its own, never from a permissive one to a worse.
group_of(symbol) := listed(symbol.id) if {
	symbol["with"] == ""
} else := "permissive" if {
	listed(symbol.id) == "permissive"
} else := data.gates.licences.exceptions[symbol["with"]] if {
	listed(symbol.id) in ["weak", "strong"]
} else := listed(symbol.id)

# Membership, and not one object of all ids: rego-cpp would build that anew for every symbol.
listed(id) := "permissive" if {
	id in data.gates.licences.groups.permissive
} else := "weak" if {
	id in data.gates.licences.groups.weak
} else := "strong" if {
	id in data.gates.licences.groups.strong
} else := "forbidden" if {
	id in data.gates.licences.groups.forbidden
} else := "ungrouped"

# Not `effect`: rego-cpp 1.5.2 mixes up functions of one name in two packages when both are compiled.
consequence(group, component) := data.gates.licences.development[group] if {
	component.scope == "development"
} else := data.gates.licences.effects[group]

# `concat` and not `sprintf`: rego-cpp puts quotes around what another function made.
why(state, licence, component) := concat(": ", [component.name, licence.problem]) if {
	state.group == "unread"
} else := concat(" ", [component.name, "is under", spelt(state.culprit), "which is in no group of the policy"]) if {
	state.group == "ungrouped"
} else := concat(" ", [component.name, "is under", licence.shown, "which is", words[state.group]]) if {
	spelt(state.culprit) == licence.shown
} else := concat(" ", [component.name, "is under", licence.shown, "and", spelt(state.culprit), "is", words[state.group]])

words := {"strong": "strong copyleft", "forbidden": "forbidden"}

remedy("unread", component) := sprintf(
	"Find out what %s is licensed under, and state it as an SPDX expression in the bill of materials.",
	[component.name],
)

remedy("ungrouped", _) := "Put the licence into a group in policies/gates/licences/data.json, once a lawyer has read it."

remedy("strong", component) := sprintf(
	"Replace %s by a component under a permissive or weak copyleft licence, or do not deliver it.",
	[component.name],
)

remedy("forbidden", component) := sprintf("Remove %s, or replace it by a component under another licence.", [component.name])

shown(alternative) := concat(" AND ", [spelt(symbol) | some symbol in alternative])

spelt(symbol) := symbol.id if {
	symbol["with"] == ""
} else := concat(" WITH ", [symbol.id, symbol["with"]])
