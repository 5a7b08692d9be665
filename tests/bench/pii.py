"""`python -m tests.bench.pii`: how fast and how right the detectors are, as one JSON document.

Rates are of CPU time, beside one plain expression over the same bytes in the same run. Precision and recall
are over texts that others labelled (those of templates of odd numbers were not looked at when the rules were
written), and over texts made from the formats. WRIT_PII_TEXTS is the labelled file, WRIT_PII_MADE how many
texts are made of each kind.
"""

from __future__ import annotations

import json
import os
import random
import re
import sys
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from time import process_time
from typing import Any, Final

from tests.bench.__main__ import machine
from tests.bench.measure import reference_speed
from tests.support.pii_made import CHECKED, VALID, broken, lookalike
from writ.contracts.redaction import redact_text
from writ.pii.kinds import BY_ID, Group
from writ.pii.scan import ALL, scan

ROOT: Final = Path(__file__).parents[2]
LABELLED: Final = Path(
    os.environ.get("WRIT_PII_TEXTS") or ROOT.parent / "shared/data/pii/generated_large.json"
)
WORDS_ONLY: Final = frozenset({"person", "postal_address"})
MEANS: Final = {
    "EMAIL_ADDRESS": "mail",
    "CREDIT_CARD": "card",
    "IBAN_CODE": "iban",
    "US_SSN": "us_ssn",
    "PHONE_NUMBER": "phone",
    "IP_ADDRESS": "ip_address",
    "US_DRIVER_LICENSE": "driver_licence",
    "PERSON": "person",
    "ADDRESS": "postal_address",
    "DATE_TIME": "date_of_birth",
}
_PLAIN: Final = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_ROUNDS: Final = 3
_SIZE: Final = 1_000_000


def corpora() -> dict[str, str]:
    """A million characters each of code, logs, prose and, where they are, of the labelled texts."""
    made = {
        "code": _files("layers", "*.py"),
        "logs": "\n".join(_line(random.Random(number)) for number in range(2500)),
        "prose": _files("docs/guides", "*.md"),
    }
    if LABELLED.exists():
        made["labelled texts"] = "\n".join(
            item["full_text"] for item in json.loads(LABELLED.read_text(encoding="utf-8"))
        )
    return {name: (text * (1 + _SIZE // len(text)))[:_SIZE] for name, text in made.items()}


def _files(folder: str, pattern: str) -> str:
    return "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / folder).rglob(pattern)))


def _line(rng: random.Random) -> str:
    moment = f"2026-11-25T22:{rng.randrange(60):02d}:{rng.randrange(60):02d}.{rng.randrange(1000):03d}Z"
    return json.dumps(
        {
            "timestamp": moment,
            "level": "INFO",
            "request_id": str(uuid.UUID(int=rng.getrandbits(128))),
            "message": "action finished",
            "sha": f"{rng.getrandbits(256):064x}",
            "duration_ms": rng.random() * 100,
            "arn": f"arn:aws:lambda:eu-west-1:{rng.randrange(10**12):012d}:function:writ-backlog",
        }
    )


def rate(call: Callable[[str], object], text: str) -> float:
    """Megabytes (of UTF-8) a second of CPU, the best of a few rounds."""
    best = float("inf")
    for _ in range(_ROUNDS):
        started = process_time()
        call(text)
        best = min(best, process_time() - started)
    return round(len(text.encode()) / 1e6 / best, 1)


def speed(texts: Mapping[str, str]) -> dict[str, dict[str, float]]:
    patterns = ALL - WORDS_ONLY
    return {
        name: {
            "patterns": rate(lambda text: scan(text, kinds=patterns), text),
            "all kinds": rate(scan, text),
            "redactor": rate(redact_text, text),
            "one plain expression": rate(lambda text: sum(1 for _ in _PLAIN.finditer(text)), text),
        }
        for name, text in texts.items()
    }


def accuracy(odd: bool) -> dict[str, Any]:
    """Of spans labelled so, how many a finding touches; of findings, how many touch a span labelled so."""
    labelled, hit, found, right = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    for item in json.loads(LABELLED.read_text(encoding="utf-8")):
        if item["template_id"] % 2 != odd:
            continue
        findings = scan(item["full_text"])
        spans = [
            (span["start_position"], span["end_position"], MEANS[span["entity_type"]])
            for span in item["spans"]
            if span["entity_type"] in MEANS
        ]
        for start, end, kind in spans:
            labelled[kind] += 1
            hit[kind] += any(f.kind == kind and f.start < end and start < f.end for f in findings)
        for finding in findings:
            found[finding.kind] += 1
            right[finding.kind] += any(
                kind == finding.kind and finding.start < end and start < finding.end
                for start, end, kind in spans
            )
    others = {kind: count for kind, count in found.items() if kind not in MEANS.values()}
    return {"kinds that nothing is labelled as": others} | {
        kind: {
            "labelled": labelled[kind],
            "found": found[kind],
            "precision": round(right[kind] / found[kind], 3) if found[kind] else None,
            "recall": round(hit[kind] / labelled[kind], 3) if labelled[kind] else None,
        }
        for kind in MEANS.values()
    }


def made(each: int) -> dict[str, Any]:
    """Of values made by the format, how many are found; and how many still are with a broken check."""
    rows: dict[str, Any] = {}
    for kind, (around, make) in VALID.items():
        rng = random.Random(kind)
        values = [make(rng) for _ in range(each)]
        row: dict[str, float] = {"recall": _share(kind, [around.format(value) for value in values])}
        if kind in CHECKED:
            row["found though broken"] = _share(kind, [around.format(broken(value)) for value in values])
        rows[kind] = row
    return rows


def _share(kind: str, texts: list[str]) -> float:
    return round(sum(any(f.kind == kind for f in scan(text)) for text in texts) / len(texts), 3)


def lookalikes(count: int) -> dict[str, Any]:
    """How many texts that have nothing of anybody are said to."""
    rng = random.Random(1)
    told = Counter(finding.kind for _ in range(count) for finding in scan(lookalike(rng)))
    return {"texts": count, "findings": dict(told)}


def main() -> int:
    if os.environ.get("WRIT_PII_TEXTS") and not LABELLED.is_file():
        sys.exit(f"WRIT_PII_TEXTS: {LABELLED} is not a file")
    each = int(os.environ.get("WRIT_PII_MADE") or 200)
    document = {
        "machine": machine(),
        "kinds": {group.value: sum(kind.group is group for kind in BY_ID.values()) for group in Group},
        "speed of a core here beside the reference (docs/adr/0029)": round(reference_speed(), 3),
        "megabytes a second of CPU": speed(corpora()),
        "labelled texts, held out": accuracy(odd=True) if LABELLED.exists() else None,
        "labelled texts, looked at": accuracy(odd=False) if LABELLED.exists() else None,
        "made by format": made(each),
        "lookalikes": lookalikes(20 * each),
    }
    json.dump(document, sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
