# What is asked of a pull request itself: a title and commits that make the right release, a size that can be reviewed,
# an issue that says why, owners. `deny` keeps it from being merged, `note` is said and nothing more.
package writ.pulls.checks

import rego.v1

# METADATA
# entrypoint: true
answer := {"findings": findings, "risk": risk} if {
	is_array(input.title.problems)
	is_array(input.commits.problems)
	is_boolean(input.complete)
	is_number(input.size.lines)
	is_array(input.issues)
	is_array(input.areas)
}

findings := [finding | some finding in found]

found contains finding if {
	some problem in input.title.problems
	finding := {
		"rule": "title",
		"effect": "deny",
		"why": problem.message,
		"remedy": problem.remedy,
	}
}

# What is squashed under a title that calls for less is never released as what it is.
found contains finding if {
	dropped := input.title.dropped
	is_string(dropped)
	finding := {
		"rule": "title",
		"effect": "deny",
		"why": sprintf("The commits call for a %s release, and a squash under this title would drop it.", [dropped]),
		"remedy": object.get(remedies, dropped, "Say in the title what the commits say."),
	}
}

remedies := {
	"major": "Put `!` before the colon of the title: `feat!: …`.",
	"minor": "Begin the title with `feat: `, or take the feature out.",
	"patch": "Begin the title with `fix: `, or take the fix out.",
}

# Messages of single commits are lost in a squash; otherwise a release is made of them.
found contains finding if {
	some problem in input.commits.problems
	finding := {
		"rule": "commits",
		"effect": commits_effect,
		"why": sprintf("Commit %s: %s", [problem.sha, problem.message]),
		"remedy": problem.remedy,
	}
}

default commits_effect := "deny"

commits_effect := "note" if data.pulls.merge.method == "squash"

found contains finding if {
	input.complete == false
	finding := {
		"rule": "size",
		"effect": "unknown",
		"why": "It has more commits or files than the forge lists, so that nobody can tell what is in it.",
		"remedy": "Split it.",
	}
}

found contains finding if {
	input.size.lines > data.pulls.size.most
	finding := {
		"rule": "size",
		"effect": "review",
		"why": sprintf("%d lines change, %d are the most that is reviewed in one piece.", [input.size.lines, data.pulls.size.most]),
		"remedy": "Split it, or let a person say that it has to be one.",
	}
}

found contains finding if {
	input.size.lines > data.pulls.size.note
	input.size.lines <= data.pulls.size.most
	finding := {
		"rule": "size",
		"effect": "note",
		"why": sprintf("%d lines change, more than the %d that are easily reviewed.", [input.size.lines, data.pulls.size.note]),
		"remedy": "Consider to split it.",
	}
}

found contains finding if {
	input.issues == []
	not input.title.type in data.pulls.issue.exempt_types
	finding := {
		"rule": "issue",
		"effect": data.pulls.issue.effect,
		"why": "No issue is named that says why.",
		"remedy": "Write `Closes #…` into the description.",
	}
}

found contains finding if {
	input.owners.file == null
	finding := {
		"rule": "owners",
		"effect": "note",
		"why": "The base has no CODEOWNERS, so that nobody has to be asked.",
		"remedy": "Add .github/CODEOWNERS.",
	}
}

found contains finding if {
	some mistake in input.owners.mistakes
	finding := {
		"rule": "owners",
		"effect": "note",
		"why": sprintf("Line %d of CODEOWNERS counts for nothing: %s.", [mistake.line, mistake.problem]),
		"remedy": "Mend the line.",
	}
}

default risk := "high"

risk := "low" if {
	not high
	not medium
} else := "medium" if not high

high if {
	some area in input.areas
	area.name in data.pulls.risk.high_areas
}

high if input.size.lines > data.pulls.risk.high_lines

high if input.complete == false

medium if {
	some area in input.areas
	area.name in data.pulls.risk.medium_areas
}

medium if input.size.lines > data.pulls.risk.medium_lines
