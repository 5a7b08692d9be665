# What stands of the findings of all gates once exceptions are counted in. One that is expired or malformed waives
# nothing, and what could not be read is waived by none.
package writ.gates

import rego.v1

# The findings that exceptions have to do with, by number; of all others the gate's own effect stands.
# METADATA
# entrypoint: true
decision := [entry |
	some finding in input.findings
	waiving := [waiver | some waiver in in_force; covered(finding, waiver)]
	over := [waiver.id | some waiver in ended; covered(finding, waiver)]
	count(waiving) + count(over) > 0
	entry := {
		"number": finding.number,
		"effect": remaining(finding, waiving),
		"waived_by": sort([waiver.id | some waiver in waiving]),
		"expired": sort(over),
	}
]

# An exception that a change brings itself lets nothing pass: somebody else must look at both.
remaining(finding, waiving) := finding.effect if {
	count(waiving) == 0
} else := "note" if {
	some waiver in waiving
	waiver.proposed == false
} else := finding.effect if {
	finding.effect == "note"
} else := "review"

in_force contains waiver if {
	some waiver in wellformed
	waiver.expires_at > input.now
}

ended contains waiver if {
	some waiver in wellformed
	waiver.expires_at <= input.now
}

wellformed contains waiver if {
	some waiver in input.exceptions
	waiver.id != ""
	waiver.owner != ""
	waiver.reason != ""
	regex.match(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`, waiver.expires_at)
	matches(waiver.scope.repository, input.repository)
}

covered(finding, waiver) if {
	waiver.rule == finding.rule
	not endswith(finding.rule, "/unreadable")
	matches(waiver.scope.path, finding.path)
	matches(waiver.scope.component, finding.component)
	versions_covered(finding, waiver)
}

versions_covered(_, waiver) if waiver.scope.versions == "*"

versions_covered(finding, waiver) if finding.purl in waiver.purls

# No delimiters: `*` crosses dots and slashes, and matches what is absent.
matches("*", _)

matches(pattern, value) if glob.match(pattern, null, value)
