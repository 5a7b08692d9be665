package writ.gates.secrets_test

import data.writ.gates.secrets
import rego.v1

item := {
	"rule": "credential",
	"kind": "github_token",
	"name": "GitHub token",
	"sample": "ghp_********",
	"sure": true,
	"number": 1,
	"times": 1,
	"place": {"path": "a.py", "line": 3},
	"known": "no",
	"inline": false,
}

secret_effects(changes, changed) := result if {
	result := [finding.effect | some finding in secrets.findings] with input.found as [object.union(item, changes)]
		with input.changed as changed
}

test_credential_is_denied if secret_effects({}, false) == ["deny"]

test_remediation_says_where_it_is_revoked if {
	[finding] := secrets.findings with input.found as [item]
		with input.changed as false
	contains(finding.remediation.text, "Personal access tokens")
	contains(finding.remediation.text, "git filter-repo --replace-text")
	finding.severity == "critical"
}

test_number_that_is_not_sure_needs_a_person if {
	secret_effects({"kind": "pl_pesel", "rule": "national-number"}, false) == ["deny"]
	secret_effects({"kind": "pl_pesel", "rule": "national-number", "sure": false}, false) == ["review"]
}

test_mail_address_is_a_note if secret_effects({"kind": "mail", "rule": "personal"}, false) == ["note"]

test_kind_that_policy_does_not_know_is_unknown if secret_effects({"kind": "newest"}, false) == ["unknown"]

test_what_the_change_itself_puts_on_the_baseline_needs_a_person if {
	secret_effects({"known": "proposed"}, true) == ["review"]
	secret_effects({"known": "proposed", "kind": "mail"}, true) == ["note"]
}

test_comment_counts_for_nothing_unless_policy_lets_it if {
	secret_effects({"inline": true, "kind": "npm_token"}, false) == ["deny"]
}

test_comment_counts_where_policy_lets_it_and_a_person_looks_at_new_ones if {
	secret_effects({"inline": true, "kind": "npm_token"}, false) == ["note"] with data.gates.secrets.inline_allowed as true
	secret_effects({"inline": true, "kind": "npm_token"}, true) == ["review"] with data.gates.secrets.inline_allowed as true
}

test_comment_never_allows_what_is_critical if {
	secret_effects({"inline": true}, false) == ["deny"] with data.gates.secrets.inline_allowed as true
}

test_data_of_many_needs_a_person if {
	many := [object.union(item, {"kind": "mail", "rule": "personal", "number": number}) | some number in numbers.range(1, 20)]
	[finding.effect | some finding in secrets.bulk] == ["review"] with input.found as many
	secrets.bulk == [] with input.found as array.slice(many, 1, 20)
}

test_rewritten_baseline_needs_a_person if {
	[finding.effect | some finding in secrets.rewritten] == ["review"] with input.rewritten as [".gates/secrets.baseline"]
}

test_stale_entry_is_a_note if {
	[finding.effect | some finding in secrets.stale] == ["note"] with input.stale as [{"path": "a", "kind": "mail", "count": 2}]
}

test_there_is_no_answer_without_facts if {
	not secrets.answer with input.found as "none"
}
