# Workflows: what they run may not move under them, rights are named, and texts of others stay data.
package writ.gates.security

import rego.v1

secure_use := "https://docs.github.com/en/actions/reference/security/secure-use"

unpinned := [finding |
	some use in input.uses
	not use.pinned
	finding := {
		"rule": unpinned_rule(use),
		"effect": "deny",
		"subject": use.name,
		"why": concat(" ", [use.name, "is not pinned: whoever may move its tag or branch runs code here"]),
		"remediation": {"text": unpinned_remedy(use)},
		"place": {"path": use.path, "line": use.line},
		"link": secure_use,
	}
]

unnamed := [finding |
	some use in input.uses
	use.pinned
	not use.local
	not use.image
	use.version == ""
	finding := {
		"rule": "unnamed-action",
		"effect": "note",
		"subject": use.action,
		"why": concat(" ", [use.action, "is pinned, and no comment says which version that is"]),
		"remediation": {"text": "Write the version behind it, as in uses: owner/name@commit # v1.2.3."},
		"place": {"path": use.path, "line": use.line},
		"link": secure_use,
	}
]

containers := [finding |
	some container in input.containers
	not container.pinned
	finding := {
		"rule": "unpinned-image",
		"effect": "review",
		"subject": container.image,
		"why": concat(" ", ["the image", container.image, "is not pinned by its digest"]),
		"remediation": {"text": "Name the digest behind the tag: image:tag@sha256:…"},
		"place": {"path": container.path, "line": container.line},
		"link": secure_use,
	}
]

permissions := [finding |
	some permission in input.permissions
	finding := {
		"rule": "workflow-permissions",
		"effect": "deny",
		"severity": {"write-all": "high", "missing": "medium"}[permission.kind],
		"subject": permission.of,
		"why": concat(" ", [permission.of, permission_words[permission.kind]]),
		"remediation": {"text": "Write permissions: {} for the workflow, and in each job only what it needs: contents: read, say."},
		"place": {"path": permission.path, "line": permission.line},
		"link": "https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#permissions",
	}
]

permission_words := {
	"write-all": "may write everything that its token can reach",
	"missing": "has the rights that the repository gives by default, which may be all",
}

heads := [finding |
	some head in input.heads
	finding := {
		"rule": "untrusted-checkout",
		"effect": "deny",
		"subject": head.event,
		"why": concat(" ", ["on", head.event, "the job has secrets and a token of the base, and takes the code of the pull request"]),
		"remediation": {"text": "Run code of pull requests on pull_request, without secrets; do here only what needs none of it."},
		"place": {"path": head.path, "line": head.line},
		"link": "https://securitylab.github.com/resources/github-actions-preventing-pwn-requests/",
	}
]

injections := [finding |
	some injection in input.injections
	finding := {
		"rule": "script-injection",
		"effect": injection_effects[injection.kind],
		"severity": injection_severities[injection.kind],
		"subject": injection.context,
		"why": concat(" ", [injection.context, "is put into the script as it is:", injection_words[injection.kind]]),
		"remediation": {"text": concat("", [
			"Give it as a variable of the step, env: TEXT: ${{ ", injection.context,
			" }}, and write \"$TEXT\" in the script.",
		])},
		"place": {"path": injection.path, "line": injection.line},
		"link": "https://docs.github.com/en/actions/concepts/security/script-injections",
	}
]

injection_effects := {"outsider": "deny", "caller": "note"}

injection_severities := {"outsider": "high", "caller": "low"}

injection_words := {
	"outsider": "anybody may choose it, and with it what the job runs",
	"caller": "whoever starts the workflow, or names a branch, chooses it",
}

unpinned_rule(use) := "unpinned-image" if {
	use.image
} else := "unpinned-action"

unpinned_remedy(use) := "Name the digest of the image: docker://image@sha256:…" if {
	use.image
} else := concat("", [
	"Name the full commit of the version, and the version in a comment: ", use.action, "@<40 hex digits> # ",
	use.ref, ".",
])
