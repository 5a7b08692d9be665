"""What Prometheus scrapes, read by its own parsers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_open
from prometheus_client.parser import text_string_to_metric_families as read_plain

from functions.slo.api import api
from functions.slo.exposition import OPEN, PLAIN, Family, exposed
from tests.support.controls import ControlledPlane
from tests.support.http import call
from tests.unit.slo.conftest import MemoryOutcomes
from writ.slo.counts import Count

Sample = tuple[str, tuple[tuple[str, str], ...]]


def samples(families: Any) -> dict[Sample, float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def test_both_formats_say_how_bots_and_the_plane_stand(
    plane: ControlledPlane, outcomes: MemoryOutcomes
) -> None:
    outcomes.happened("backlog", plane.clock.now(), [(timedelta(days=2), Count(996, 4))])
    plain = call(api, "GET", "/v1/metrics")
    opened = call(api, "GET", "/v1/metrics", headers={"accept": f"{OPEN},text/plain;q=0.5"})
    assert (plain.status, plain.headers["Content-Type"], opened.headers["Content-Type"]) == (200, PLAIN, OPEN)
    found = samples(read_plain(plain.body))
    assert found == samples(read_open(opened.body))
    backlog = (("bot", "backlog"),)
    assert found["writ_actions", (*backlog, ("status", "succeeded"))] == 996
    assert found["writ_actions", (*backlog, ("status", "failed"))] == 4
    assert found["writ_objective_ratio", backlog] == 0.995
    assert found["writ_error_budget_left_ratio", backlog] == pytest.approx(0.2)
    assert found["writ_approvals_waiting", ()] == 2
    assert found["writ_ledger_entries", ()] == 1234
    assert found["writ_ledger_checkpoint_age_seconds", ()] == 180


def test_labels_are_names_of_bots_services_and_windows_only(plane: ControlledPlane) -> None:
    found = samples(read_plain(call(api, "GET", "/v1/metrics").body))
    told = {"bot", "service", "indicator", "status", "outcome", "window"}
    assert {name for _, labels in found for name, _ in labels} <= told
    assert len(found) < 500


def test_nobody_without_a_token_reads_it(plane: ControlledPlane) -> None:
    assert call(api, "GET", "/v1/metrics", sub=None).status == 401


def test_parameter_that_is_not_there_is_refused(plane: ControlledPlane) -> None:
    answer = call(api, "GET", "/v1/metrics", query={"bot": "backlog"})
    assert (answer.status, answer.body["field"]) == (400, "bot")


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", PLAIN),
        ("*/*", PLAIN),
        ("text/plain", PLAIN),
        ("Application/OpenMetrics-Text; version=1.0.0", OPEN),
        ("application/openmetrics-text;q=0,text/plain", PLAIN),
        ("text/plain;q=0.3, application/openmetrics-text;q=0.9", OPEN),
    ],
)
def test_form_is_the_one_that_is_asked_for(accept: str, kind: str) -> None:
    text, told = exposed([Family("writ_x", "X.", [({}, 1)])], accept)
    assert told == kind
    assert text.endswith("# EOF\n") is (kind == OPEN)


def test_label_with_quotes_and_line_ends_is_read_as_it_was() -> None:
    odd = 'a"b\\c\nd'
    text, _ = exposed([Family("writ_x", "X.", [({"bot": odd}, 1)])], "")
    assert samples(read_plain(text)) == {("writ_x", (("bot", odd),)): 1.0}
