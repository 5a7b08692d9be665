# Which secrets and whose data may be in files. What is found has a severity and an effect by its kind (data.json); what a
# change itself declares known or allowed passes no earlier than a person has looked.
package writ.gates.secrets

import rego.v1

# METADATA
# entrypoint: true
answer := {"findings": array.concat(array.concat(findings, bulk), array.concat(rewritten, stale)), "records": []} if {
	is_array(input.found)
	is_array(input.stale)
	is_array(input.rewritten)
	is_boolean(input.changed)
}

findings := [finding |
	some item in input.found
	kind := secret_kind(item.kind)
	finding := {
		"rule": item.rule,
		"effect": secret_effect(item, kind),
		"severity": kind.severity,
		"subject": concat(" ", [item.kind, sprintf("%d", [item.number])]),
		"why": concat("", [item.name, " in the file: ", item.sample, secret_times(item), secret_said(item)]),
		"remediation": {"text": secret_remedy(item)},
		"place": item.place,
	}
]

# What policy does not know is not known to be harmless.
secret_kind(name) := data.gates.secrets.kinds[name] if {
	data.gates.secrets.kinds[name]
} else := {"severity": "high", "effect": "unknown"}

secret_effect(item, kind) := "review" if {
	item.known == "proposed"
	secret_stops(item, kind)
} else := "review" if {
	secret_inline(item, kind)
	input.changed == true
	secret_stops(item, kind)
} else := "note" if {
	secret_inline(item, kind)
} else := secret_own_effect(item, kind)

# How sure a detector is counts where the kind says so.
secret_own_effect(item, kind) := kind.unsure if {
	kind.unsure
	item.sure == false
} else := kind.effect

secret_stops(item, kind) if secret_own_effect(item, kind) in ["deny", "unknown", "review"]

# A comment allows nothing that is critical, and nothing at all unless policy lets comments do so.
secret_inline(item, kind) if {
	item.inline == true
	data.gates.secrets.inline_allowed == true
	kind.severity != "critical"
}

secret_times(item) := "" if {
	item.times == 1
} else := sprintf(", %d times", [item.times])

secret_said(item) := "; the change itself puts it on the baseline, or allows it" if {
	item.known == "proposed"
} else := "; a comment allows it" if {
	secret_inline(item, secret_kind(item.kind))
} else := "; the comment that would allow it does not count here" if {
	item.inline == true
} else := ""

secret_remedy(item) := concat("", [
	"Replace it first, for whoever has read it keeps it: ",
	revocation(item.kind),
	". Then read it at run time from a secret store, and take it out of every commit: git commit --amend or git rebase",
	" before it is pushed; after that git filter-repo --replace-text, a forced push, new clones, and whatever copies the",
	" host keeps. A value of nobody's belongs into .gates/secrets.yaml.",
]) if {
	item.rule == "credential"
} else := concat("", [
	"Use a value that is reserved for examples (example.com, 555-01xx, a network's test card), or take the data out; what was",
	" pushed leaves the history by git filter-repo --replace-text and a forced push. A value of nobody's belongs into",
	" .gates/secrets.yaml.",
])

revocation(kind) := data.gates.secrets.revoke[kind] if {
	data.gates.secrets.revoke[kind]
} else := "revoke it at the service that issued it"

# One mail address in a file is an author's; many are a list of people.
bulk := [finding |
	some path in {item.place.path | some item in input.found; item.rule == "personal"}
	count([item | some item in input.found; item.rule == "personal"; item.place.path == path]) >= data.gates.secrets.many
	finding := {
		"rule": "personal",
		"effect": "review",
		"severity": "medium",
		"subject": path,
		"why": sprintf("the file has personal data of many: %d different values or more", [data.gates.secrets.many]),
		"remediation": {"text": "Make the data up, or let a person say that it may be here."},
		"place": {"path": path},
	}
]

rewritten := [finding |
	some path in input.rewritten
	finding := {
		"rule": "rewritten",
		"effect": "review",
		"subject": path,
		"why": concat("", ["the change rewrites ", path, ", which says what is known or allowed"]),
		"remediation": {"text": "Let a person approve it; until it is merged what the base says counts."},
		"place": {"path": path},
	}
]

stale := [finding |
	some entry in input.stale
	finding := {
		"rule": "stale",
		"effect": "note",
		"subject": concat(" ", [entry.kind, entry.path]),
		"why": sprintf("the baseline lists %d more of %s in %s than there are", [entry.count, entry.kind, entry.path]),
		"remediation": {"text": "Write it anew, so that none of them comes back unseen: writ gate baseline"},
		"place": {"path": ".gates/secrets.baseline"},
	}
]
