package writ.gates.window_test

import data.writ.gates.window
import rego.v1

at(open, freezes) := result if {
	result := window.answer.findings with input.open as open
		with input.freezes as freezes
		with input.window as "opens on Monday"
}

test_open_window_holds_nothing if at(true, []) == []

test_closed_window_asks_a_person if [finding.effect | some finding in at(false, [])] == ["review"]

test_freeze_denies if [finding.effect | some finding in at(true, [{"id": "year-end", "reason": "books"}])] == ["deny"]

test_there_is_no_answer_where_the_window_is_not_known if {
	not window.answer with input.open as "yes"
}
