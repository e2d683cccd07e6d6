# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Names that fit where AWS takes short ones only. Pure."""

from __future__ import annotations

import hashlib

# A hyphen and so many digits stand behind what is left of a name, so that two long names stay two names.
DIGITS = 6
SHORTEST = DIGITS + 2


def short_name(name: str, width: int) -> str:
    """The name itself where it fits; otherwise its beginning, and digits that only this name has.

    Raises ValueError for a width that leaves no letter of the name.
    """
    if width < SHORTEST:
        raise ValueError(f"a short name needs at least {SHORTEST} characters, got a width of {width}")
    if len(name) <= width:
        return name
    digits = hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()[:DIGITS]
    return f"{name[: width - DIGITS - 1].rstrip('-')}-{digits}"
