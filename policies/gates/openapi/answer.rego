# What a change of an API does to its clients. What breaks them is denied unless the version says so: then a person looks.
package writ.gates.openapi

import rego.v1

# METADATA
# entrypoint: true
answer := {"findings": array.concat(array.concat(harms, rest), array.concat(gone, versions)), "records": []} if {
	is_array(input.documents)
	every document in input.documents {
		is_string(document.path)
		is_boolean(document.gone)
		is_array(document.changes)
	}
}

kinds := {
	"breaking": {
		"rule": "breaking",
		"remedy": "Keep what was there beside the new, deprecate it with x-sunset, or raise info.version",
		"names_version": true,
	},
	"unknown": {
		"rule": "undecided",
		"remedy": "Put all files into one document and mend what cannot be read; what cannot be decided needs an exception",
		"names_version": false,
	},
}

harms := [finding |
	some document in input.documents
	some change in document.changes
	kind := kinds[change.verdict]
	finding := {
		"rule": kind.rule,
		"effect": api_effect(change.verdict, document.declared),
		"subject": concat(" ", [change.rule, change.where]),
		"why": concat("", [change.where, ": ", change.message, api_others(change.others)]),
		"remediation": {"text": concat("", [kind.remedy, api_next(kind.names_version, document.next), "."])},
		"place": {"path": document.path, "line": change.line},
	}
]

rest := [finding |
	some document in input.documents
	document.more > 0
	finding := {
		"rule": "undecided",
		"effect": "unknown",
		"subject": document.path,
		"why": sprintf("%d more changes break clients or are unknown", [document.more]),
		"remediation": {"text": "See all of them with writ api diff, and split the change."},
		"place": {"path": document.path},
	}
]

gone := [finding |
	some document in input.documents
	document.gone
	finding := {
		"rule": "gone",
		"effect": "review",
		"subject": document.path,
		"why": concat(" ", [document.path, "described an API and is deleted"]),
		"remediation": {"text": "Keep the document as long as the API answers."},
		"place": {"path": document.path},
	}
]

versions := [finding |
	some document in input.documents
	document.declared == false
	finding := {
		"rule": "version",
		"effect": "note",
		"subject": document.path,
		"why": concat("", ["info.version is ", document.new, ", the changes ask for ", document.next]),
		"remediation": {"text": concat("", ["Set info.version to ", document.next, "."])},
		"place": {"path": document.path},
	}
]

# A version that is no version of SemVer says nothing.
api_effect("breaking", true) := "review"

api_effect("breaking", false) := "deny"

api_effect("breaking", null) := "deny"

api_effect("unknown", _) := "unknown"

api_others(0) := ""

api_others(number) := sprintf(" (and in %d more places)", [number]) if number > 0

default api_next(_, _) := ""

api_next(true, version) := concat("", [" to ", version]) if is_string(version)
