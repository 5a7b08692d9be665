"""An empty account for every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stacks.tables import TABLES
from tests.support.moto_aws import moto_aws


@pytest.fixture
def account() -> Iterator[None]:
    """Every table under its logical name, and nothing else."""
    with moto_aws(*(spec.name for spec in TABLES)):
        yield
