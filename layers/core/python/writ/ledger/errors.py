"""What the ledger raises when bytes from outside do not prove what they claim."""

from __future__ import annotations

from writ.contracts.errors import WritError


class VerificationError(WritError):
    """Bytes are malformed, or do not prove what they claim; the only error verification raises."""

    code = "ledger.unverified"
