"""Named templates, `assets/<name>.template.json`: CloudFormation, with what Writ must know as metadata."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from writ.contracts.errors import NotFoundError, PermanentError, from_validation
from writ.contracts.preview_site import SEED_SETS

ASSETS: Final = Path(__file__).parent / "assets"
METADATA: Final = "Writ"
# What every template takes. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
PARAMETERS: Final = ("Boundary", "Commit", "Preview")


class Health(BaseModel):
    """Where to ask whether it works: the output with a function's name, and the path of the request."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    function: str
    path: Annotated[str, Field(pattern=r"^/[!-~]{0,200}$")]


class KeptSeed(BaseModel):
    """A seed set in the plane's bucket: the version of an object, which nobody can change.

    `null` is no such version, for S3 writes over it.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/versioning-workflows.html
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: Annotated[str, Field(pattern=rf"^{SEED_SETS}[A-Za-z0-9][A-Za-z0-9._/-]{{0,200}}\.json$")]
    version: Annotated[str, Field(pattern=r"^[!-~]{1,200}$")]

    @field_validator("version")
    @classmethod
    def _unchanging(cls, version: str) -> str:
        if version == "null":
            raise ValueError("null is a version that is written over")
        return version

    @property
    def name(self) -> str:
        """What a preview keeps of it, to tell which set its database has."""
        return f"{self.key}@{self.version}"


class Template(BaseModel):
    """`url` and the values of `tables` are names of outputs; `seed` is a seed set that is deployed with the
    bot, `service@1` say, `seed_object` instead of it one in the bucket `seeds`.

    `branch` names a function of the organisation that makes branches of a database, see `branches`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    body: str
    usd_micros_per_hour: Annotated[int, Field(ge=0)]
    url: str
    health: Health
    seed: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,40}@[1-9][0-9]{0,8}$")] | None = None
    seed_object: KeptSeed | None = None
    tables: dict[str, str] = {}
    branch: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None = None

    @property
    def seed_name(self) -> str | None:
        """The seed set in a word, its version in it."""
        return self.seed if self.seed_object is None else self.seed_object.name

    @property
    def parameters(self) -> frozenset[str]:
        """What the template takes."""
        return frozenset(json.loads(self.body).get("Parameters", ()))


@cache
def template(name: str) -> Template:
    """A template by its name. Raises NotFoundError, or PermanentError: see `parse`."""
    path = ASSETS / f"{name}.template.json"
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,40}", name) or not path.is_file():
        raise NotFoundError(f"there is no template {name}", field="template")
    return parse(name, path.read_text(encoding="utf-8"))


def parse(name: str, body: str) -> Template:
    """A template from its text. Raises PermanentError `template.invalid` that names the field."""
    try:
        document: dict[str, Any] = json.loads(body)
        said = document["Metadata"][METADATA]
        found = Template.model_validate({**said, "name": name, "body": body})
    except (KeyError, TypeError, ValueError) as error:
        field = from_validation(error, name).field if isinstance(error, ValidationError) else METADATA
        message = f"the template {name} does not say how it is used"
        raise PermanentError(message, code="template.invalid", field=field) from None
    if found.seed is not None and found.seed_object is not None:
        raise PermanentError(f"{name} has two seed sets", code="template.invalid", field="seed_object")
    outputs = document.get("Outputs", {})
    for output in (found.url, found.health.function, *found.tables.values()):
        if output not in outputs:
            raise PermanentError(f"{name} has no output {output}", code="template.invalid", field=output)
    for parameter in PARAMETERS:
        if parameter not in found.parameters:
            message = f"{name} takes no parameter {parameter}"
            raise PermanentError(message, code="template.invalid", field=parameter)
    return found
