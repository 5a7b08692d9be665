# Images: built on what cannot move, run by nobody who is root, and with nothing in them that is a secret.
package writ.gates.security

import rego.v1

building := "https://docs.docker.com/build/building/best-practices/"

bases := [finding |
	some base in input.bases
	not base.pinned
	finding := {
		"rule": "unpinned-image",
		"effect": "review",
		"subject": base.image,
		"why": concat(" ", ["the image is built on", base.image, "which is not pinned by its digest: it can be another one tomorrow"]),
		"remediation": {"text": concat("", ["Name the digest behind the tag: FROM ", base.image, "@sha256:…"])},
		"place": {"path": base.path, "line": base.line},
		"link": concat("", [building, "#pin-base-image-versions"]),
	}
]

users := [finding |
	some user in input.users
	finding := {
		"rule": "root-user",
		"effect": "review",
		"subject": user.path,
		"why": user_words(user),
		"remediation": {"text": "End the last stage with USER and one that is not root: USER 65532:65532, say."},
		"place": {"path": user.path, "line": user.line},
		"link": concat("", [building, "#user"]),
	}
]

user_words(user) := "the image runs as root" if {
	user.named
} else := "no USER is named, so the image runs as whom its base does, mostly root"

fetched := [finding |
	some item in input.fetched
	finding := {
		"rule": "unverified-download",
		"effect": "deny",
		"subject": item.address,
		"why": concat(" ", ["ADD takes", item.address, "whatever it holds on the day"]),
		"remediation": {"text": "Give its digest: ADD --checksum=sha256:…, or COPY a file that is in the repository."},
		"place": {"path": item.path, "line": item.line},
		"link": concat("", [building, "#add-or-copy"]),
	}
]

baked := [finding |
	some item in input.baked
	finding := {
		"rule": "secret-in-image",
		"effect": "deny",
		"subject": item.variable,
		"why": concat(" ", [item.instruction, item.variable, "stays in the image, where everybody who has it can read it"]),
		"remediation": {"text": "Take it out, change the secret, and mount it where it is needed: RUN --mount=type=secret."},
		"place": {"path": item.path, "line": item.line},
		"link": "https://docs.docker.com/reference/build-checks/secrets-used-in-arg-or-env/",
	}
]
