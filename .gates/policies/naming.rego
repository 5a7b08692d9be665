# Names that say nothing of what is in a module: whatever does not fit elsewhere ends up there.
package gates.custom.naming

import rego.v1

vague := {"utils", "util", "helpers", "helper", "common", "misc"}

violations contains violation if {
	some path in input.files
	some part in split(trim_suffix(path, ".py"), "/")
	part in vague
	violation := {
		"rule": "vague-module",
		"severity": "low",
		"subject": path,
		"why": concat("", [path, " is named ", part, ", which says nothing of what is in it"]),
		"remediation": {"text": "Name it after what it does, or put what it has where that is done."},
		"place": {"path": path},
	}
}
