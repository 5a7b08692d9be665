"""What a person gives a command in a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cli.output import UsageError


def read_object(file: Path) -> dict[str, Any]:
    """The JSON object in a file. Raises UsageError for a file that cannot be read or holds something else."""
    try:
        body = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}", field="FILE") from None
    except (ValueError, RecursionError):
        raise UsageError(f"{file} is not JSON", field="FILE") from None
    if not isinstance(body, dict):
        raise UsageError(f"{file} holds no object", field="FILE")
    return body
