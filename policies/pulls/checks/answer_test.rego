package writ.pulls.checks_test

import data.writ.pulls.checks
import rego.v1

complete := {
	"complete": true,
	"title": {"type": "feat", "problems": [], "dropped": null},
	"commits": {"problems": []},
	"size": {"lines": 10},
	"issues": ["#7"],
	"areas": [],
	"owners": {"file": "CODEOWNERS", "mistakes": []},
}

# Key by key: rego-cpp 1.5.2 aborts when `with` replaces the whole input under a rule that calls a function.
asked(changes) := result if {
	facts := object.union(complete, changes)
	result := checks.answer with input.complete as facts.complete
		with input.title as facts.title
		with input.commits as facts.commits
		with input.size as facts.size
		with input.issues as facts.issues
		with input.areas as facts.areas
		with input.owners as facts.owners
}

effects_found(changes, rule) := [finding.effect | some finding in asked(changes).findings; finding.rule == rule]

test_nothing_is_found_of_one_that_is_as_it_should_be if asked({}) == {"findings": [], "risk": "low"}

test_title_that_drops_a_release_is_denied if {
	effects_found({"title": {"type": "docs", "problems": [], "dropped": "minor"}}, "title") == ["deny"]
}

test_title_without_convention_is_denied if {
	problems := [{"message": "no type", "remedy": "write one"}]
	effects_found({"title": {"type": null, "problems": problems, "dropped": null}}, "title") == ["deny"]
}

test_commits_are_remarks_where_they_are_squashed if {
	effects_found({"commits": {"problems": [{"sha": "1", "message": "m", "remedy": "r"}]}}, "commits") == ["note"]
}

test_large_change_needs_a_person_and_is_of_high_risk if {
	effects_found({"size": {"lines": 1001}}, "size") == ["review"]
	asked({"size": {"lines": 1001}}).risk == "high"
}

test_change_that_is_a_little_large_is_a_remark if {
	effects_found({"size": {"lines": 401}}, "size") == ["note"]
	asked({"size": {"lines": 401}}).risk == "medium"
}

test_what_is_not_all_known_is_unknown_and_of_high_risk if {
	effects_found({"complete": false}, "size") == ["unknown"]
	asked({"complete": false}).risk == "high"
}

test_issue_is_asked_for_but_of_chores if {
	effects_found({"issues": []}, "issue") == ["note"]
	effects_found({"issues": [], "title": {"type": "chore", "problems": [], "dropped": null}}, "issue") == []
}

test_areas_make_the_risk if {
	asked({"areas": [{"name": "access"}]}).risk == "high"
	asked({"areas": [{"name": "delivery"}]}).risk == "medium"
}

test_there_is_no_answer_without_facts if {
	not checks.answer with input.complete as "yes"
}
