package writ.gates.security_templates_test

import data.writ.gates.security_test
import rego.v1

remarked(level) := security_test.told({"remarks": [{"path": "t.json", "line": 1, "id": "E1", "level": level, "message": "m"}]})

test_remarks_are_judged_by_their_level if {
	remarked("error") == [["template", "deny"]]
	remarked("warning") == [["template", "review"]]
	remarked("informational") == [["template", "note"]]
	remarked("new") == [["template", "deny"]]
}

test_a_template_that_nobody_linted_is_unknown if {
	security_test.told({"unlinted": [{"path": "t.json", "why": "x"}]}) == [["template-unchecked", "unknown"]]
}

nagged(decided, level) := security_test.told({"nags": [{
	"path": "r.csv", "id": "AwsSolutions-S1", "construct": "App/Bucket", "decided": decided, "level": level, "message": "m",
}]})

test_what_nobody_acknowledged_is_denied if {
	nagged(true, "error") == [["cdk-nag", "deny"]]
	nagged(true, "warning") == [["cdk-nag", "review"]]
	nagged(false, "error") == [["cdk-nag", "unknown"]]
}
