package writ.gates.security_workflows_test

import data.writ.gates.security_test
import rego.v1

use := {
	"path": ".github/workflows/a.yml", "line": 3, "name": "o/n@v1", "action": "o/n", "ref": "v1", "image": false,
	"local": false, "pinned": false, "version": "",
}

used(change) := security_test.told({"uses": [object.union(use, change)]})

test_an_action_that_can_move_is_denied if {
	used({}) == [["unpinned-action", "deny"]]
	used({"image": true}) == [["unpinned-image", "deny"]]
}

test_a_pinned_action_is_named if {
	used({"pinned": true}) == [["unnamed-action", "note"]]
	used({"pinned": true, "version": "v1.2.3"}) == []
	used({"pinned": true, "local": true}) == []
}

test_rights_are_named if {
	security_test.told({"permissions": [{"path": "w", "line": 1, "kind": "missing", "of": "job a"}]}) == [["workflow-permissions", "deny"]]
	found := security_test.security_findings({"permissions": [{"path": "w", "line": 1, "kind": "write-all", "of": "job a"}]})
	found[0].severity == "high"
}

test_code_of_strangers_has_no_rights if {
	security_test.told({"heads": [{"path": "w", "line": 1, "event": "pull_request_target"}]}) == [["untrusted-checkout", "deny"]]
}

injected(kind) := security_test.told({"injections": [{"path": "w", "line": 1, "kind": kind, "context": "github.head_ref"}]})

test_texts_of_outsiders_are_no_scripts if {
	injected("outsider") == [["script-injection", "deny"]]
	injected("caller") == [["script-injection", "note"]]
}

test_images_are_pinned if {
	base := {"path": "Dockerfile", "line": 1, "image": "a:1", "pinned": false}
	security_test.told({"bases": [base]}) == [["unpinned-image", "review"]]
	security_test.told({"containers": [base]}) == [["unpinned-image", "review"]]
	security_test.told({"bases": [object.union(base, {"pinned": true})]}) == []
}

test_images_run_as_somebody_and_hold_no_secret if {
	security_test.told({"users": [{"path": "d", "line": 1, "named": false}]}) == [["root-user", "review"]]
	security_test.told({"fetched": [{"path": "d", "line": 1, "address": "https://a"}]}) == [["unverified-download", "deny"]]
	security_test.told({"baked": [{"path": "d", "line": 1, "variable": "TOKEN", "instruction": "ARG"}]}) == [["secret-in-image", "deny"]]
}
