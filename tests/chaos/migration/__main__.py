"""`python -m tests.chaos.migration`: seeded runs of migrations under faults, and what the oracle says."""

from __future__ import annotations

import sys

from tests.chaos.harness.main import main
from tests.chaos.migration.campaign import MIGRATION

if __name__ == "__main__":
    sys.exit(main(MIGRATION))
