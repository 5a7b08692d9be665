"""List prices of AWS in us-east-1, in US dollars, each with its page; free tiers are left out. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Unit(StrEnum):
    """What AWS counts and charges for."""

    WRITE = "DynamoDB write units"
    READ = "DynamoDB read units"
    S3_PUT = "S3 PUT and LIST"
    S3_GET = "S3 GET"
    KMS = "KMS ECC requests"
    DATA_KEY = "KMS data keys"
    INVOCATION = "Lambda requests"
    GB_SECOND = "Lambda GB-s"
    EVENT = "EventBridge events"
    LOG_GB = "CloudWatch Logs GB"


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars for `per` units, and where AWS says so."""

    dollars: float
    per: int
    source: str

    def of(self, amount: float) -> float:
        return amount * self.dollars / self.per


_MILLION: Final = 1_000_000
_DYNAMODB: Final = "https://aws.amazon.com/dynamodb/pricing/on-demand/"
_S3: Final = "https://aws.amazon.com/s3/pricing/"
_LAMBDA: Final = "https://aws.amazon.com/lambda/pricing/"

# Reading a stream costs nothing where Lambda does it for a trigger (the page of DynamoDB says so).
PRICES: Final[Mapping[Unit, Price]] = {
    Unit.WRITE: Price(0.625, _MILLION, _DYNAMODB),
    Unit.READ: Price(0.125, _MILLION, _DYNAMODB),
    Unit.S3_PUT: Price(0.005, 1000, _S3),
    Unit.S3_GET: Price(0.0004, 1000, _S3),
    Unit.KMS: Price(0.15, 10_000, "https://aws.amazon.com/kms/pricing/"),
    Unit.DATA_KEY: Price(0.03, 10_000, "https://aws.amazon.com/kms/pricing/"),
    Unit.INVOCATION: Price(0.20, _MILLION, _LAMBDA),
    Unit.GB_SECOND: Price(0.0000133334, 1, _LAMBDA),
    Unit.EVENT: Price(1.00, _MILLION, "https://aws.amazon.com/eventbridge/pricing/"),
    Unit.LOG_GB: Price(0.50, 1, "https://aws.amazon.com/cloudwatch/pricing/"),
}
# An event is charged once for each 64 KB of it, a log by its bytes and 26 more a line.
EVENT_BYTES: Final = 64 * 1024
LOG_LINE_BYTES: Final = 26
GB: Final = 1024**3


def per_million(used: Mapping[Unit, float], entries: int) -> dict[Unit, float]:
    """What a million entries cost in each unit, from what `entries` of them used.

    Raises ValueError for no entries.
    """
    if entries < 1:
        raise ValueError("what nothing costs says nothing of a million entries")
    return {unit: PRICES[unit].of(amount) * _MILLION / entries for unit, amount in used.items()}
