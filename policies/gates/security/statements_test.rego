package writ.gates.security_statements_test

import data.writ.gates.security_test
import rego.v1

statement := {
	"line": 1, "allows": true, "new": true, "conditioned": false, "principals": [], "others": false,
	"action": [], "named": [], "notaction": [], "resource": [], "notresource": [],
}

policies(statements) := {"policies": [{
	"path": "t.json", "where": "Resources.R", "granted": services([action |
		some change in statements
		object.get(change, "allows", true)
		some action in object.get(change, "action", [])
	]),
	"statements": [object.union(whole, {"granted": services(whole.action)}) |
		some change in statements
		whole := object.union(statement, change)
	],
}]}

services(actions) := {service: [action | some action in actions; split(action, ":")[0] == service] |
	some each in actions
	contains(each, ":")
	service := split(each, ":")[0]
}

granting(statements) := [[finding.rule, finding.effect, finding.severity] |
	some finding in security_test.security_findings(policies(statements))
	finding.severity
]

kinds(statements) := [[finding.rule, finding.effect] |
	some finding in security_test.security_findings(policies(statements))
]

of(actions, resource) := {"action": actions, "named": actions, "resource": [resource]}

test_wildcards_are_judged_by_what_they_open if {
	granting([of(["*"], "*")]) == [["iam-wildcard", "deny", "critical"]]
	granting([of(["s3:*"], "arn:aws:s3:::b/*")]) == [["iam-wildcard", "deny", "high"]]
	granting([of(["s3:getobject"], "*")]) == [["iam-wildcard", "review", "medium"]]
	granting([of(["s3:getobject"], "arn:aws:s3:::*")]) == [["iam-wildcard", "review", "medium"]]
	granting([of(["s3:get*"], "arn:aws:s3:::b/*")]) == [["iam-wildcard", "note", "low"]]
	granting([of(["s3:getobject"], "arn:aws:s3:::b/*")]) == []
}

test_the_policy_of_a_resource_speaks_of_that_resource if {
	root := {"principals": ["AWS:arn:${AWS::Partition}:iam::${AWS::AccountId}:root"]}
	granting([object.union(of(["kms:*"], "*"), root)]) == [["iam-wildcard", "note", "low"]]
	granting([object.union(of(["kms:decrypt"], "*"), {"principals": ["Service:s3.amazonaws.com"]})]) == []
	granting([object.union(of(["sqs:*"], "*"), {"principals": ["AWS:arn:aws:iam::1:role/x"]})]) == [["iam-wildcard", "review", "medium"]]
}

test_what_was_there_before_or_denies_is_not_judged if {
	kinds([object.union(of(["*"], "*"), {"new": false})]) == []
	kinds([object.union(of(["*"], "*"), {"allows": false})]) == []
}

test_nothing_is_allowed_by_what_it_is_not if {
	kinds([{"notaction": ["s3:*"], "resource": ["arn:aws:s3:::b"]}]) == [["iam-exclusion", "deny"]]
	kinds([{"action": ["s3:getobject"], "notresource": ["arn:aws:s3:::b"]}]) == [["iam-exclusion", "deny"]]
	kinds([{"action": ["s3:getobject"], "others": true}]) == [["iam-exclusion", "deny"]]
}

test_everybody_is_let_in_by_no_one if {
	kinds([{"action": ["sts:assumerole"], "principals": ["AWS:*"]}]) == [["iam-public", "deny"]]
	kinds([{"action": ["sts:assumerole"], "principals": ["*"], "conditioned": true}]) == [["iam-public", "review"]]
	kinds([{"action": ["sts:assumerole"], "principals": ["Service:lambda.amazonaws.com"]}]) == []
}

role := "arn:aws:iam::1:role/x"

test_rights_to_take_more_rights_are_found_across_statements if {
	kinds([of(["iam:passrole"], role), of(["lambda:create*"], "arn:aws:lambda:a:1:function:f")]) == [
		["iam-wildcard", "note"],
		["iam-escalation", "review"],
	]
	kinds([of(["iam:putrolepolicy"], role)]) == [["iam-escalation", "review"]]
	kinds([of(["iam:passrole"], role)]) == []
}

test_rights_to_take_more_rights_on_everything_are_denied if {
	["iam-escalation", "deny"] in kinds([of(["iam:createpolicyversion"], "*")])
	["iam-escalation", "review"] in kinds([object.union(of(["iam:createpolicyversion"], "*"), {"conditioned": true})])
}

test_an_old_half_and_a_new_one_make_a_new_way if {
	old := object.union(of(["iam:passrole"], role), {"new": false})
	["iam-escalation", "review"] in kinds([old, of(["lambda:createfunction"], role)])
	kinds([object.union(of(["iam:putrolepolicy"], role), {"new": false}), of(["s3:getobject"], "arn:aws:s3:::b/x")]) == []
}

test_no_role_may_assume_every_role if {
	["iam-escalation", "deny"] in kinds([of(["sts:assumerole"], "arn:aws:iam::*:role/*")])
	kinds([of(["sts:assumerole"], role)]) == []
}

test_statements_that_nobody_could_read_are_unknown if {
	security_test.told({"unread_policies": [{"path": "p", "why": "x"}]}) == [["iam-unread", "unknown"]]
}
