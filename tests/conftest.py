"""What every test gets: no network unless its folder is about one, and repeatable properties."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parent
os.environ.setdefault("WRIT_POLICIES", str(ROOT.parent / "policies"))
OFFLINE = ("unit", "property", "contract")

# No test asserts wall time, and a shared machine makes examples slow at random: hence no deadline.
settings.register_profile(
    "writ",
    deadline=None,
    max_examples=int(os.environ.get("WRIT_EXAMPLES", "60")),
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=os.environ.get("CI") == "true",
)
settings.load_profile("writ")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.relative_to(ROOT).parts[0] in OFFLINE:
            item.add_marker(pytest.mark.disable_socket)
