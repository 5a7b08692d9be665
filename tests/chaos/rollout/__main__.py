"""`python -m tests.chaos.rollout`: seeded runs of both bots under faults, and what the oracle says."""

from __future__ import annotations

import sys

from tests.chaos.harness.main import main
from tests.chaos.rollout.campaign import ROLLOUT

if __name__ == "__main__":
    sys.exit(main(ROLLOUT))
