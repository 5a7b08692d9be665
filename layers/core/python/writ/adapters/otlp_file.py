"""Spans to a file of this machine, one OTLP document a line, beside other processes that do the same."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from typing import Final

MAX_BYTES: Final = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class OtlpFile:
    """See SpanExporter.

    A line is one write to a file that is opened for appending: the system places and makes each such write in
    one go, so that lines of several processes never mix (POSIX, `write`: "no intervening file modification
    operation shall occur between changing the file offset and the write operation").
    """

    path: str
    most: int = MAX_BYTES

    def export(self, document: bytes) -> int:
        """Raises OSError for a full disk and, as `EFBIG`, for a file that has grown to its limit."""
        line = document + b"\n"
        file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if os.fstat(file).st_size + len(line) > self.most:
                raise OSError(errno.EFBIG, "the file of spans is full")
            if os.write(file, line) != len(line):
                raise OSError(errno.ENOSPC, "a line of spans was cut short")
        finally:
            os.close(file)
        return 0
