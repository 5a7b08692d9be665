# Components: known weaknesses by their severity, and what cannot be told of them. Not knowing is never a pass.
package writ.gates.security

import rego.v1

weaknesses := [finding |
	some item in input.weaknesses
	item.decided
	finding := object.union(
		{
			"rule": weakness_rule(item),
			"effect": weakness_effect(item),
			"severity": weakness_severity(item),
			"subject": concat(" ", [item.name, item.id]),
			"why": concat("", [item.name, " has ", weakness_named(item), weakness_said(item)]),
			"remediation": {"text": weakness_remedy(item), "edits": item.edits},
			"place": item.place,
			"link": item.link,
		},
		purl_of(item),
	)
]

undecided := [finding |
	some item in input.weaknesses
	not item.decided
	finding := object.union(
		{
			"rule": "undecided",
			"effect": "unknown",
			"subject": concat(" ", [item.name, item.id]),
			"why": concat("", ["whether ", advisories_counted(item), undecided_because(item), item.name]),
			"remediation": {"text": undecided_remedy(item)},
			"place": item.place,
			"link": item.link,
		},
		purl_of(item),
	)
]

mirror := array.concat(
	[finding |
		some item in input.mirror
		item.kind == "missing"
		finding := {
			"rule": "advisories-missing",
			"effect": "unknown",
			"subject": item.of,
			"why": sprintf("there are no advisories of %s; components that were not looked up: %d", [item.of, item.components]),
			"remediation": {"text": "Fetch a mirror of OSV's advisories and name it: writ gate run --advisories DIR."},
		}
	],
	[finding |
		some item in input.mirror
		item.kind == "age"
		item.days > data.gates.security.mirror_days
		finding := {
			"rule": "advisories-old",
			"effect": "unknown",
			"subject": item.of,
			"why": sprintf("the newest advisory of %s in the mirror is %d days old", [item.of, item.days]),
			"remediation": {"text": "Fetch the mirror of advisories anew."},
		}
	],
)

unmatched := [finding |
	some item in input.unmatched
	finding := {
		"rule": "unmatched",
		"effect": data.gates.security.unmatched,
		"subject": item.path,
		"why": sprintf("components that have no package URL that advisories know: %d, %s for one", [item.number, item.example]),
		"remediation": {"text": "State their package URLs, or look them up by hand and write an exception."},
		"place": {"path": item.path},
	}
]

fresh := [finding |
	some item in input.fresh
	item.hours < data.gates.security.cooldown_hours
	finding := object.union(
		{
			"rule": "too-new",
			"effect": "review",
			"subject": item.name,
			"why": sprintf("%s was published %d hours ago, less than %d", [item.name, item.hours, data.gates.security.cooldown_hours]),
			"remediation": {"text": "Wait, or keep the version before it: most attacks by releases are found within days."},
			"place": item.place,
		},
		purl_of(item),
	)
]

undated := [finding |
	some item in input.undated
	finding := {
		"rule": "age-unknown",
		"effect": "note",
		"subject": item.path,
		"why": sprintf("components that have no date of their release: %d, %s for one", [item.number, item.example]),
		"remediation": {"text": "Use a lock file that has dates (uv.lock, pylock.toml), or give them: --releases FILE."},
		"place": {"path": item.path},
	}
]

purl_of(item) := {"purl": item.purl} if {
	item.purl != ""
} else := {}

weakness_rule(item) := "malicious" if {
	item.malicious
} else := "vulnerable"

weakness_effect(item) := "deny" if {
	item.malicious
} else := data.gates.security.development[item.severity] if {
	item.scope == "development"
} else := data.gates.security.effects[item.severity]

# What nobody rated may be anything.
weakness_severity(item) := "critical" if {
	item.malicious
} else := "high" if {
	item.severity == "unrated"
} else := "low" if {
	item.severity == "none"
} else := item.severity

weakness_named(item) := item.id if {
	item.others == []
} else := concat("", [item.id, " (", concat(", ", item.others), ")"])

weakness_said(item) := concat("", [rated, words]) if {
	rated := weakness_rated(item)
	words := weakness_words(item)
}

weakness_rated(item) := concat("", [", ", item.severity]) if {
	item.score == ""
} else := concat("", [", ", item.severity, " (CVSS ", item.score, ")"])

weakness_words(item) := "" if {
	item.said == ""
} else := concat("", [": ", item.said])

weakness_remedy(item) := concat("", ["Remove ", item.name, " at once, and change every secret that it could read."]) if {
	item.malicious
} else := "No version is known that has it not: replace the component, or write an exception with what shields it." if {
	item.fix == ""
} else := concat("", ["Take version ", item.fix, " or newer", weakness_clear(item)])

weakness_clear(item) := "." if {
	item.clear in ["", item.fix]
} else := concat("", ["; ", item.clear, " is the lowest that no known advisory concerns."])

advisories_counted(item) := concat("", [item.id, " concerns "]) if {
	item.number == 1
} else := sprintf("%s and %d more concern ", [item.id, item.number - 1])

undecided_because(item) := "a version that is not pinned, of " if {
	not item.pinned
} else := "a version whose place in their order is not known, "

undecided_remedy(item) := "Pin the version, so that it can be looked up." if {
	not item.pinned
} else := "Read the advisories, and write an exception once it is clear that they do not."
