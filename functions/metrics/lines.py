"""Log lines in the embedded metric format, as CloudWatch Logs hands them to a subscriber, read. Pure.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import binascii
import json
import zlib
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from writ.contracts.errors import ContractError, from_validation

NAMESPACE: Final = "Writ"
MAX_BYTES: Final = 16 * 1024 * 1024
_GZIP: Final = 16 + zlib.MAX_WBITS

Datum = dict[str, Any]
_Name = Annotated[str, Field(min_length=1, max_length=255)]
_Number = Annotated[float, Field(allow_inf_nan=False)]
_NUMBERS: Final = TypeAdapter(list[_Number] | _Number)
_TEXT: Final = TypeAdapter(_Name)
ModelT = TypeVar("ModelT", bound=BaseModel)


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow", strict=True)


class _Line(_Read):
    message: str


class _Batch(_Read):
    lines: Annotated[list[_Line], Field(alias="logEvents")]


class _Metric(_Read):
    name: Annotated[_Name, Field(alias="Name")]
    unit: Annotated[str, Field(alias="Unit")] = "None"


class _Directive(_Read):
    namespace: Annotated[Literal["Writ"], Field(alias="Namespace")]
    dimensions: Annotated[list[list[_Name]], Field(alias="Dimensions")]
    metrics: Annotated[list[_Metric], Field(alias="Metrics")]


class _Metadata(_Read):
    timestamp_ms: Annotated[int, Field(alias="Timestamp", ge=0, le=253_402_300_799_999)]
    directives: Annotated[list[_Directive], Field(alias="CloudWatchMetrics")]


class _Document(_Read):
    metadata: Annotated[_Metadata, Field(alias="_aws")]


@dataclass(frozen=True, slots=True)
class Found:
    """The data of a batch in the form of PutMetricData, and why each other line of it has none."""

    data: list[Datum] = field(default_factory=list)
    refused: list[ContractError] = field(default_factory=list)


def read(message: Mapping[str, Any]) -> Found:
    """Read what a subscription delivers; one bad line does not take the others with it.

    Raises ContractError that names the field, for what is no delivery.
    """
    found = Found()
    for line in _batch(_unpacked(message)).lines:
        try:
            found.data.extend(_data(line.message))
        except ContractError as error:
            found.refused.append(error)
    return found


def _unpacked(message: Mapping[str, Any]) -> bytes:
    delivery = message.get("awslogs")
    packed = delivery.get("data") if isinstance(delivery, Mapping) else None
    if not isinstance(packed, str):
        raise ContractError("there is no delivery of logs", code="metrics.no_delivery", field="awslogs.data")
    try:
        inflating = zlib.decompressobj(_GZIP)
        content = inflating.decompress(b64decode(packed, validate=True), MAX_BYTES)
    except (binascii.Error, ValueError, zlib.error):
        raise ContractError("not gzip in Base64", code="metrics.not_packed", field="awslogs.data") from None
    if not inflating.eof:
        raise ContractError(
            f"cut short, or more than {MAX_BYTES} bytes", code="metrics.not_whole", field="awslogs.data"
        )
    return content


def _batch(content: bytes) -> _Batch:
    return _validated(_Batch, content, "delivery of logs")


def _data(text: str) -> Iterator[Datum]:
    document = _validated(_Document, text.encode(), "log line")
    values: Mapping[str, Any] = document.model_extra or {}
    at = datetime.fromtimestamp(document.metadata.timestamp_ms / 1000, UTC)
    for directive in document.metadata.directives:
        for names in directive.dimensions:
            dimensions = [{"Name": name, "Value": _value(_TEXT, values, name)} for name in names]
            for metric in directive.metrics:
                numbers = _value(_NUMBERS, values, metric.name)
                yield {
                    "MetricName": metric.name,
                    "Dimensions": dimensions,
                    "Timestamp": at,
                    "Unit": metric.unit,
                    "Values": numbers if isinstance(numbers, list) else [numbers],
                }


def _value(kind: TypeAdapter[Any], values: Mapping[str, Any], name: str) -> Any:
    try:
        return kind.validate_python(values.get(name), strict=True)
    except ValidationError:
        raise ContractError(
            f"log line: {name} is absent or has no value of its kind", code="metrics.value", field=name
        ) from None


def _validated(model: type[ModelT], content: bytes, what: str) -> ModelT:
    try:
        return model.model_validate(json.loads(content))
    except ValidationError as error:
        problem = from_validation(error, what)
        raise ContractError(problem.message, code="metrics.invalid", field=problem.field) from None
    except (ValueError, RecursionError):
        raise ContractError(f"{what}: not JSON", code="metrics.not_json", field="body") from None
