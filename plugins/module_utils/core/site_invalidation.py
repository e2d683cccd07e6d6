# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which paths CloudFront is asked to forget. Pure.

Source: CloudFront developer guide, "Specify the files to invalidate": a wildcard stands at the end of a path and counts
as one path; characters outside RFC 1738 are percent-encoded; the first 1,000 paths of a month are free.
"""

from __future__ import annotations

import hashlib
import string
from collections import Counter
from collections.abc import Collection, Iterable

from .site_files import ENTRY

EVERYTHING = "/*"
# CloudFront works on 15 wildcards at a time, over all invalidations of a distribution.
MOST_WILDCARDS = 10
# What a path may hold as it is.
_PLAIN = frozenset(b"/-_.~!$&'()+,;=:@" + string.ascii_letters.encode() + string.digits.encode())


def invalidation_paths(outdated: Iterable[str], most: int) -> tuple[str, ...]:
    """The paths for these addresses within the site: each by itself, or wildcards for more than `most`.

    A wildcard stands for a folder of the first level; where there are many of those, for everything.
    """
    keys = sorted(outdated)
    paths = sorted({path for key in keys for path in _paths(key)})
    if len(paths) <= most:
        return tuple(paths)
    folders = Counter(key.partition("/")[0] for key in keys if "/" in key)
    wildcards = {folder for folder, count in folders.items() if count > 1}
    short = {f"/{_encoded(folder)}/*" for folder in wildcards}
    for key in keys:
        if "/" not in key or key.partition("/")[0] not in wildcards:
            short |= _paths(key)
    return tuple(sorted(short)) if len(short) <= most and len(wildcards) <= MOST_WILDCARDS else (EVERYTHING,)


def caller_reference(release: str, switches: int, paths: Collection[str]) -> str:
    """The name of one invalidation: the same when an interrupted run asks again, another one for every other switch."""
    digest = hashlib.sha256("\n".join(sorted(paths)).encode()).hexdigest()[:8]
    return f"{release}-{switches}-{digest}"


def _paths(key: str) -> set[str]:
    path = "/" + _encoded(key)
    return {path, "/"} if key == ENTRY else {path}


def _encoded(key: str) -> str:
    return "".join(chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in key.encode())
