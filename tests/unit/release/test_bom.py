"""Bills of materials of releases: as CycloneDX publishes the form, of what lock files pin."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from functions.release.bom import Released, components_of, compose
from tests.support.releases import LOCK
from writ.contracts.errors import ContractError
from writ.contracts.events.releases import ReleaseFile

NODE = json.dumps(
    {
        "lockfileVersion": 3,
        "packages": {
            "": {"name": "shop"},
            "node_modules/left": {"version": "1.0.0", "license": "MIT"},
            "node_modules/tool": {"version": "2.0.0", "dev": True},
        },
    }
)
ABOUT = Released("acme/shop", "shop", "1.1.0", "v1.1.0", "a" * 40, datetime(2026, 3, 2, tzinfo=UTC))
FILE = ReleaseFile(name="shop.whl", sha256="b" * 64, size=5)


def test_a_bill_is_of_the_published_form_and_the_same_every_time() -> None:
    made = compose(ABOUT, [FILE], components_of({"requirements.lock": LOCK, "web/package-lock.json": NODE}))
    assert made == compose(
        ABOUT, [FILE], components_of({"web/package-lock.json": NODE, "requirements.lock": LOCK})
    )
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(made.decode()) is None
    bill = json.loads(made)
    assert bill["metadata"]["component"]["version"] == "1.1.0"
    assert [part["name"] for part in bill["components"]] == ["shop.whl", "left", "left-pad", "requests"]
    assert bill["components"][1]["licenses"] == [{"license": {"name": "MIT"}}]


def test_what_is_only_built_with_is_not_in_it() -> None:
    assert [component.name for component in components_of({"package-lock.json": NODE})] == ["left"]


@pytest.mark.parametrize(
    ("path", "text"), [("Gemfile.lock", ""), ("package-lock.json", "{"), ("uv.lock", "=")]
)
def test_a_lock_file_that_does_not_read_is_named(path: str, text: str) -> None:
    with pytest.raises(ContractError) as refused:
        components_of({path: text})
    assert path in (refused.value.field or "")
