"""`python -m tests.chaos.ledger`: seeded schedules of faults over the whole ledger, and what they found."""

from __future__ import annotations

import sys

from tests.chaos.harness.main import main
from tests.chaos.ledger.campaign import LEDGER

if __name__ == "__main__":
    sys.exit(main(LEDGER))
