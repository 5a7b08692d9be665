"""Components out of a CycloneDX bill of materials in JSON, versions 1.2 to 1.7.

Only what a licence decision needs is read, and that strictly: what is malformed is named by its place. In
tests cyclonedx-python-lib reads the same files and must find the same.
Source: https://cyclonedx.org/docs/1.7/json/
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from writ.contracts.errors import ContractError, from_validation
from writ.gates.licences.component import DEVELOPMENT, RUNTIME, Component

VERSIONS: Final = ("1.2", "1.3", "1.4", "1.5", "1.6", "1.7")
MOST: Final = 50_000
_HEAD: Final = re.compile(rb'"bomFormat"\s*:\s*"CycloneDX"')
_LINE: Final = re.compile(r'"(?:purl|bom-ref)"\s*:\s*"((?:[^"\\]|\\.)*)"')
_LONGEST: Final = 1000
_Text = Annotated[str, Field(max_length=_LONGEST)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True, strict=True)


class _License(_Part):
    id: _Text | None = None
    name: _Text | None = None
    acknowledgement: Literal["declared", "concluded"] | None = None


class _Choice(_Part):
    license: _License | None = None
    expression: _Text | None = None
    acknowledgement: Literal["declared", "concluded"] | None = None

    @property
    def said(self) -> str:
        return self.expression or (self.license and (self.license.id or self.license.name)) or ""

    @property
    def concluded(self) -> bool:
        return "concluded" in (self.acknowledgement, self.license and self.license.acknowledgement)


class _Component(_Part):
    name: Annotated[str, Field(min_length=1, max_length=512)]
    group: _Text | None = None
    version: _Text | None = None
    purl: Annotated[str, Field(max_length=1024)] | None = None
    bom_ref: Annotated[str | None, Field(max_length=2048, alias="bom-ref")] = None
    scope: Literal["required", "optional", "excluded"] = "required"
    licenses: list[_Choice] = []
    components: list[_Component] = []


class _Bom(_Part):
    bomFormat: Literal["CycloneDX"]
    specVersion: Literal["1.2", "1.3", "1.4", "1.5", "1.6", "1.7"]
    components: list[_Component] = []


_BOM: Final = TypeAdapter(_Bom)


def is_bom(content: bytes) -> bool:
    """Whether a JSON file says of itself that it is a CycloneDX bill of materials."""
    return _HEAD.search(content) is not None


def read(path: str, written: str) -> tuple[Component, ...]:
    """The components, nested ones too; those that are `excluded` are not part of the product.

    Raises ContractError that names the place in the document.
    """
    try:
        document = json.loads(written)
    except (ValueError, RecursionError) as error:
        line = f", line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise ContractError(f"not JSON{line}", field=path) from None
    version = document.get("specVersion") if isinstance(document, dict) else None
    if isinstance(version, str) and version not in VERSIONS:
        raise ContractError(
            f"CycloneDX {version[:16]} is not read, only {VERSIONS[0]} to {VERSIONS[-1]}", field="specVersion"
        )
    try:
        bom = _BOM.validate_python(document)
    except (ValidationError, RecursionError) as error:
        if isinstance(error, RecursionError):
            raise ContractError("components are nested too deep", field="components") from None
        raise from_validation(error, "CycloneDX") from None
    places = _places(written)
    found = tuple(_component(item, path, places) for item in _walk(bom.components))
    if len(found) > MOST:
        raise ContractError(f"more than {MOST} components", field="components")
    return found


def _walk(items: list[_Component]) -> Iterator[_Component]:
    for item in items:
        if item.scope != "excluded":
            yield item
            yield from _walk(item.components)


def _component(item: _Component, path: str, places: Mapping[str, int]) -> Component:
    concluded = [choice for choice in item.licenses if choice.concluded]
    line = places.get(item.purl or "") or places.get(item.bom_ref or "")
    return Component(
        name=f"{item.group}/{item.name}" if item.group else item.name,
        version=item.version or "",
        purl=item.purl or "",
        licences=tuple(choice.said for choice in concluded or item.licenses),
        path=path,
        line=line,
        scope=DEVELOPMENT if item.scope == "optional" else RUNTIME,
    )


def _places(written: str) -> dict[str, int]:
    """The line at which each package URL, or reference, first stands."""
    places: dict[str, int] = {}
    line, last = 1, 0
    for match in _LINE.finditer(written):
        line += written.count("\n", last, match.start())
        last = match.start()
        value: Any = match[1] if "\\" not in match[1] else json.loads(f'"{match[1]}"')
        places.setdefault(value, line)
    return places
