"""Values of attributes in DynamoDB's own form: what they are worth, and when two of them are the same. Pure.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, Inexact, InvalidOperation
from typing import Any, Final

from pydantic import JsonValue

AttributeValue = Mapping[str, Any]
Item = Mapping[str, AttributeValue]

# DynamoDB keeps 38 digits of a number:
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
_DIGITS: Final = 38
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,60}(\.[0-9]{1,60})?")
EXACT: Final = Context(prec=_DIGITS, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[Inexact, InvalidOperation])


class UnfitError(Exception):
    """An attribute is not of a kind that a change can read."""


def scalar_of(value: JsonValue) -> AttributeValue:
    """A value of JSON as an attribute. Raises ValueError for a list or an object."""
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, int | float):
        try:
            return {"N": plain(EXACT.create_decimal(str(value)))}
        except (Inexact, InvalidOperation):
            raise ValueError("a number has 38 digits at most") from None
    raise ValueError("a default is a string, a number, true, false or null")


def string_of(value: AttributeValue) -> str:
    """A string. Raises UnfitError for any other type."""
    if "S" not in value:
        raise UnfitError("it is no string")
    return str(value["S"])


def text_of(value: AttributeValue) -> str:
    """A string, a number or a boolean as text. Raises UnfitError for any other type."""
    if "BOOL" in value:
        return "true" if value["BOOL"] else "false"
    return plain(number_of(value)) if "N" in value else string_of(value)


def number_of(value: AttributeValue) -> Decimal:
    """A number, or a string that is one. Raises UnfitError for anything else."""
    text = str(value["N"]) if "N" in value else string_of(value).strip()
    if "N" not in value and not _NUMBER.fullmatch(text):
        raise UnfitError("it is no number")
    try:
        return EXACT.create_decimal(text)
    except (Inexact, InvalidOperation):
        raise UnfitError("it has more than 38 digits") from None


def plain(number: Decimal) -> str:
    """One spelling a number, without an exponent where that is short."""
    short = EXACT.normalize(number)
    shown = format(short, "f")
    return shown if len(shown) <= _DIGITS + 2 else str(short)


def same(one: AttributeValue | None, other: AttributeValue | None) -> bool:
    """Whether two values are equal for DynamoDB: numbers by what they are worth, sets without an order."""
    if one is None or other is None or one.keys() != other.keys():
        return one is other
    ((kind, left),) = one.items()
    right = other[kind]
    if kind == "N":
        return Decimal(str(left)) == Decimal(str(right))
    if kind in {"SS", "NS", "BS"}:
        worth = Decimal if kind == "NS" else (lambda value: value)
        return {worth(value) for value in left} == {worth(value) for value in right}
    if kind == "L":
        return len(left) == len(right) and all(map(same, left, right))
    if kind == "M":
        return left.keys() == right.keys() and all(same(left[name], right[name]) for name in left)
    return bool(left == right)
