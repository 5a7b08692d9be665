"""Names by which packages call licences, where a name can mean one licence only.

A name without the version or the number of clauses that tell licences apart is a family's, and maps to none.
Sources: the names in https://spdx.org/licenses/, the trove classifiers and Maven's central POMs.
"""

from __future__ import annotations

import re
from typing import Final

_SPELLINGS: Final = re.compile(r"[^a-z0-9.+]+")
_NOISE: Final = re.compile(r"\b(the|a|licenses?|licences?|version|software|public domain dedication)\b")
_OR: Final = re.compile(r"\s+or\s+|\s*\|\s*|\s*;\s*", re.IGNORECASE)

LONGEST: Final = 200

_NAMES: Final = {
    "0bsd": "0BSD",
    "al 2.0": "Apache-2.0",
    "apache 2": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache v2": "Apache-2.0",
    "apache v2.0": "Apache-2.0",
    "apachev2": "Apache-2.0",
    "asf 2.0": "Apache-2.0",
    "asl 2.0": "Apache-2.0",
    "boost 1.0": "BSL-1.0",
    "bsd 0 clause": "0BSD",
    "bsd 2 clause": "BSD-2-Clause",
    "bsd 2 clause simplified": "BSD-2-Clause",
    "simplified bsd": "BSD-2-Clause",
    "freebsd": "BSD-2-Clause-Views",
    "bsd 3 clause": "BSD-3-Clause",
    "bsd 3 clause new": "BSD-3-Clause",
    "3 clause bsd": "BSD-3-Clause",
    "2 clause bsd": "BSD-2-Clause",
    "new bsd": "BSD-3-Clause",
    "modified bsd": "BSD-3-Clause",
    "revised bsd": "BSD-3-Clause",
    "bsd new": "BSD-3-Clause",
    "cc0 1.0": "CC0-1.0",
    "cc0 1.0 universal": "CC0-1.0",
    "cddl 1.0": "CDDL-1.0",
    "cddl 1.1": "CDDL-1.1",
    "common development and distribution 1.0": "CDDL-1.0",
    "common development and distribution cddl v1.0": "CDDL-1.0",
    "common development and distribution cddl v1.1": "CDDL-1.1",
    "eclipse distribution edl 1.0": "BSD-3-Clause",
    "eclipse distribution v 1.0": "BSD-3-Clause",
    "eclipse distribution v1.0": "BSD-3-Clause",
    "edl 1.0": "BSD-3-Clause",
    "eclipse public 1.0": "EPL-1.0",
    "eclipse public v1.0": "EPL-1.0",
    "eclipse public 2.0": "EPL-2.0",
    "eclipse public 2.0 epl 2.0": "EPL-2.0",
    "eclipse public v 2.0": "EPL-2.0",
    "eclipse public v2.0": "EPL-2.0",
    "epl 1.0": "EPL-1.0",
    "epl 2.0": "EPL-2.0",
    "european union public 1.2": "EUPL-1.2",
    "european union public 1.2 eupl 1.2": "EUPL-1.2",
    "gnu affero general public v3": "AGPL-3.0-only",
    "gnu affero general public v3 or later agplv3+": "AGPL-3.0-or-later",
    "gnu general public gpl 2 with classpath exception": "GPL-2.0-only WITH Classpath-exception-2.0",
    "gnu general public 2 gpl2 with classpath exception": "GPL-2.0-only WITH Classpath-exception-2.0",
    "gnu general public 2 with classpath exception": "GPL-2.0-only WITH Classpath-exception-2.0",
    "gpl2 w cpe": "GPL-2.0-only WITH Classpath-exception-2.0",
    "gnu general public v2 gplv2": "GPL-2.0-only",
    "gnu general public v2 or later gplv2+": "GPL-2.0-or-later",
    "gnu general public v3 gplv3": "GPL-3.0-only",
    "gnu general public v3 or later gplv3+": "GPL-3.0-or-later",
    "gnu lesser general public 2.1": "LGPL-2.1-only",
    "gnu lesser general public v2 or later lgplv2+": "LGPL-2.0-or-later",
    "gnu lesser general public v3 lgplv3": "LGPL-3.0-only",
    "gnu lesser general public v3 or later lgplv3+": "LGPL-3.0-or-later",
    "gpl 2": "GPL-2.0-only",
    "gpl v2": "GPL-2.0-only",
    "gplv2": "GPL-2.0-only",
    "gpl 3": "GPL-3.0-only",
    "gpl v3": "GPL-3.0-only",
    "gplv3": "GPL-3.0-only",
    "gplv3+": "GPL-3.0-or-later",
    "gpl v3+": "GPL-3.0-or-later",
    "lgplv2+": "LGPL-2.0-or-later",
    "lgplv2.1": "LGPL-2.1-only",
    "lgplv3": "LGPL-3.0-only",
    "lgplv3+": "LGPL-3.0-or-later",
    "isc": "ISC",
    "isc iscl": "ISC",
    "mit": "MIT",
    "expat": "MIT",
    "mit expat": "MIT",
    "mit no attribution mit 0": "MIT-0",
    "mozilla public 1.1": "MPL-1.1",
    "mozilla public 1.1 mpl 1.1": "MPL-1.1",
    "mozilla public 2.0": "MPL-2.0",
    "mozilla public 2.0 mpl 2.0": "MPL-2.0",
    "mpl 1.1": "MPL-1.1",
    "mpl 2": "MPL-2.0",
    "mpl 2.0": "MPL-2.0",
    "python foundation 2": "PSF-2.0",
    "psf 2": "PSF-2.0",
    "unlicense": "Unlicense",
    "unlicense unlicense": "Unlicense",
    "universal permissive upl": "UPL-1.0",
    "w3c": "W3C",
    "zlib": "Zlib",
    "zlib libpng zlib": "Zlib",
    "zope public 2.1": "ZPL-2.1",
}

_FAMILIES: Final = frozenset(
    {
        "",
        "academic free",
        "apache",
        "artistic",
        "bsd",
        "cddl",
        "common development and distribution",
        "creative commons",
        "dual",
        "eclipse public",
        "free",
        "gnu",
        "gnu affero general public",
        "gnu general public",
        "gnu general public gpl",
        "gnu lesser general public",
        "gnu lesser general public lgpl",
        "gnu library or lesser general public lgpl",
        "gpl",
        "lgpl",
        "mozilla public",
        "mpl",
        "open source",
        "osi approved",
        "psf",
        "public domain",
        "python foundation",
        "zope public",
    }
)


def expression(text: str) -> str | None:
    """The SPDX expression that a name means, None where it may mean more than one, or nothing that is known.

    A name of the form `X or Y` means a choice, where both are names of one licence.
    """
    if len(text) > LONGEST or text.count("(") != text.count(")"):
        return None
    found = _NAMES.get(_key(text))
    if found is not None:
        return found
    parts = [part for part in _OR.split(text) if part.strip()]
    if len(parts) < 2:
        return None
    known = [_NAMES.get(_key(part)) for part in parts]
    return " OR ".join(name for name in known if name) if all(known) else None


def is_family(text: str) -> bool:
    """Whether a name is that of several licences."""
    return _key(text) in _FAMILIES


def _key(text: str) -> str:
    plain = _SPELLINGS.sub(" ", text.lower().removeprefix("license :: ").removeprefix("osi approved :: "))
    return " ".join(_NOISE.sub(" ", plain).split())
