# IAM statements that are new: what they open too wide, and what lets whoever has them take more rights than they give.
package writ.gates.security

import rego.v1

least_privilege := "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege"

# Statements that allow something and were not there before, with whose they are.
allowing := [grant |
	some policy in input.policies
	some statement in policy.statements
	statement.allows
	statement.new
	grant := {"policy": policy, "statement": statement}
]

wildcards := [finding |
	some grant in allowing
	statement := grant.statement
	kind := wildcard_of(statement)
	finding := {
		"rule": "iam-wildcard",
		"effect": wildcard_kinds[kind].effect,
		"severity": wildcard_kinds[kind].severity,
		"subject": concat(" ", [grant.policy.where, wildcard_named(statement)]),
		"why": concat("", [grant.policy.where, " allows ", wildcard_named(statement), " on ", resources_named(statement)]),
		"remediation": {"text": wildcard_kinds[kind].remedy},
		"place": {"path": grant.policy.path, "line": statement.line},
		"link": least_privilege,
	}
]

wildcard_kinds := {
	"all": {
		"effect": "deny",
		"severity": "critical",
		"remedy": "Name the actions that are needed, and the resources they are needed on.",
	},
	"service": {
		"effect": "deny",
		"severity": "high",
		"remedy": "Name the actions that are needed instead of all of a service.",
	},
	"resource": {
		"effect": "review",
		"severity": "medium",
		"remedy": "Name the resources; where an action knows none, have a person say so.",
	},
	"handed": {
		"effect": "review",
		"severity": "medium",
		"remedy": "Name the actions that the principals need on it.",
	},
	"family": {
		"effect": "note",
		"severity": "low",
		"remedy": "Name the actions, so that new ones of the service are not granted by themselves.",
	},
}

# The widest that it opens. In the policy of a resource `*` is that resource, and an account that may do everything
# with it passes that on by policies of its own: keys of KMS begin so.
wildcard_of(statement) := "handed" if {
	statement.principals != []
	some action in statement.action
	every_action(action)
	some principal in statement.principals
	not is_account(principal)
} else := "family" if {
	statement.principals != []
	some action in statement.action
	contains(action, "*")
} else := "all" if {
	statement.principals == []
	some action in statement.action
	action in ["*", "*:*"]
} else := "service" if {
	statement.principals == []
	some action in statement.action
	endswith(action, ":*")
} else := "resource" if {
	statement.principals == []
	count(statement.action) > 0
	some resource in statement.resource
	everything(resource)
} else := "family" if {
	some action in statement.action
	contains(action, "*")
}

every_action("*")

every_action(action) if endswith(action, ":*")

is_account(principal) if regex.match(`^AWS:([0-9]{12}|arn:.*:root)$`, principal)

# `*`, and an ARN whose account and resource may be any. `arn:aws:s3:::*` is every bucket, `arn:aws:s3:::b/*` is one.
everything(resource) if resource == "*"

everything(resource) if regex.match(`^arn:[^:]*:[^:]*:\*?:\*?:\*(/\*)?$`, resource)

everything(resource) if {
	regex.match(`^arn:[^:]*:[^:]*:\*?:\*?:[a-z-]+[:/]\*$`, resource)
	not regex.match(`^arn:[^:]*:s3:`, resource)
}

exclusions := [finding |
	some grant in allowing
	statement := grant.statement
	some kind in ["notaction", "notresource", "others"]
	excludes(statement, kind)
	finding := {
		"rule": "iam-exclusion",
		"effect": "deny",
		"subject": concat(" ", [grant.policy.where, exclusion_words[kind]]),
		"why": concat(" ", [grant.policy.where, "allows everything but what", exclusion_words[kind], "names"]),
		"remediation": {"text": "Allow what is needed by its name; to forbid something, write a statement with Deny."},
		"place": {"path": grant.policy.path, "line": statement.line},
		"link": "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notaction.html",
	}
]

exclusion_words := {"notaction": "NotAction", "notresource": "NotResource", "others": "NotPrincipal"}

excludes(statement, "others") if statement.others

excludes(statement, kind) if {
	kind != "others"
	count(statement[kind]) > 0
}

public := [finding |
	some grant in allowing
	statement := grant.statement
	some principal in statement.principals
	principal in ["*", "AWS:*"]
	finding := {
		"rule": "iam-public",
		"effect": public_effect(statement),
		"subject": concat(" ", [grant.policy.where, principal]),
		"why": concat(" ", [grant.policy.where, "lets everybody in,", public_words(statement)]),
		"remediation": {"text": "Name the accounts, roles or services that may; a condition can narrow it further."},
		"place": {"path": grant.policy.path, "line": statement.line},
		"link": "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-anonymous",
	}
]

public_effect(statement) := "review" if {
	statement.conditioned
} else := "deny"

public_words(statement) := "under a condition that a person should read" if {
	statement.conditioned
} else := "and has no condition"

# Who may do these may give himself other rights. A wildcard over everything is told by its own rule.
escalations := [finding |
	some policy in input.policies
	ways := [way |
		some way in data.gates.security.escalations
		every action in way {
			iam_granted(lower(action), policy.granted)
		}
	]
	count(ways) > 0
	new := [statement |
		some statement in policy.statements
		statement.allows
		statement.new
		has_part(statement, ways)
	]
	count(new) > 0
	shown := [concat(" + ", way) | some way in ways]
	finding := {
		"rule": "iam-escalation",
		"effect": escalation_effect(new),
		"subject": policy.where,
		"why": concat("", [policy.where, " may take more rights than it has, by ", concat(", ", array.slice(shown, 0, 6)), more_ways(shown)]),
		"remediation": {"text": "Take the actions out, or bind them to named roles (Resource, iam:PassedToService) and a boundary."},
		"place": {"path": policy.path, "line": new[0].line},
		"link": data.gates.security.escalations_source,
	}
]

# Whether a statement gives an action that one of the ways needs.
has_part(statement, ways) if {
	some way in ways
	some action in way
	iam_granted(lower(action), statement.granted)
}

# A role that may assume any role has whatever these have.
assumptions := [finding |
	some grant in allowing
	statement := grant.statement
	statement.principals == []
	iam_granted("sts:assumerole", statement.granted)
	some resource in statement.resource
	assumes_any(resource)
	finding := {
		"rule": "iam-escalation",
		"effect": "deny",
		"subject": concat(" ", [grant.policy.where, "sts:AssumeRole"]),
		"why": concat(" ", [grant.policy.where, "may assume every role that trusts its account, by", resource]),
		"remediation": {"text": "Name the roles that it may assume."},
		"place": {"path": grant.policy.path, "line": statement.line},
		"link": least_privilege,
	}
]

assumes_any(resource) if everything(resource)

assumes_any(resource) if regex.match(`:role/\*$`, resource)

# Names of actions are compared in lower case; `*` and `?` are all that a pattern of IAM can have.
iam_granted(action, granted) if {
	some pattern in granted[split(action, ":")[0]]
	iam_covers(pattern, action)
}

iam_covers(pattern, action) if pattern == action

iam_covers(pattern, action) if {
	regex.match(`[*?]`, pattern)
	glob.match(pattern, null, action)
}

# Bound to resources of a name, or by a condition, it may be meant: a person looks.
escalation_effect(statements) := "deny" if {
	some statement in statements
	not statement.conditioned
	some resource in statement.resource
	everything(resource)
} else := "review"

more_ways(ways) := "" if {
	count(ways) <= 6
} else := sprintf(" and %d more ways", [count(ways) - 6])

wildcard_named(statement) := concat(", ", array.slice(statement.named, 0, 4)) if {
	count(statement.named) <= 4
} else := concat(" ", [concat(", ", array.slice(statement.named, 0, 4)), "and more"])

resources_named(statement) := concat(", ", array.slice(statement.resource, 0, 3)) if {
	count(statement.resource) > 0
} else := "what it is attached to"

unread_policies := [finding |
	some item in input.unread_policies
	finding := object.union(
		{
			"rule": "iam-unread",
			"effect": "unknown",
			"subject": policy_path(item),
			"why": concat("", ["it has statements of IAM that nobody judged: ", item.why]),
			"remediation": {"text": "Write plain JSON or YAML, or have somebody read it and write an exception for the path."},
		},
		policy_place(item),
	)
]

policy_path(item) := item.path if {
	item.path != ""
} else := "statements"

policy_place(item) := {"place": {"path": item.path}} if {
	item.path != ""
} else := {}
