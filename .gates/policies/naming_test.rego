package gates.custom.naming_test

import data.gates.custom.naming
import rego.v1

vague(files) := found if {
	found := {violation.subject | some violation in naming.violations} with input.files as files
}

test_vague_names_are_told if {
	files := ["writ/utils.py", "writ/common/a.py", "docs/helpers"]
	vague(files) == {file | some file in files}
}

test_names_that_only_contain_one_are_well if vague(["writ/commons.py", "writ/misconduct.py", "a/b.py"]) == set()
