"""Texts with personal data in them: a sample of microsoft/presidio-research (MIT), beside its licence."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

_FILE = Path(__file__).parents[1] / "data" / "pii" / "texts.json"


@dataclass(frozen=True)
class Sample:
    """A text, and what in it must not get out."""

    text: str
    values: tuple[str, ...]


SAMPLES = [
    Sample(item["text"], tuple(span["value"] for span in item["spans"]))
    for item in json.loads(_FILE.read_text(encoding="utf-8"))
]
PERSONAL = [sample for sample in SAMPLES if sample.values]
HARMLESS = [sample for sample in SAMPLES if not sample.values]
