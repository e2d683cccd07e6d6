# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Engine versions: what was asked for, what runs, and which way is open between them. Pure."""

from __future__ import annotations

import re

from .plan import PlanRefused


def version_parts(version: str) -> tuple[int, ...]:
    """`16.4` as (16, 4); what follows the numbers (`16.4-R2`) is not looked at.

    Raises PlanRefused for text that does not begin with a number.
    """
    found = re.match(r"\d+(\.\d+)*", version)
    if found is None:
        raise PlanRefused(f"engine_version {version!r} is no version: give numbers, as in 16 or 16.4")
    return tuple(int(part) for part in found.group().split("."))


def settled_version(resource: str, wanted: str, observed: str, *, allow_major: bool) -> str:
    """The version to compare with `observed`: the observed one where it is what was asked for, or newer.

    "16" asks for any 16; "16.3" is satisfied by 16.4, to which AWS may have upgraded. Raises PlanRefused for an older
    major version, and for a newer one unless `allow_major`.
    """
    want, have = version_parts(wanted), version_parts(observed)
    if want[0] < have[0]:
        raise PlanRefused(
            f"{resource} runs engine version {observed}, which cannot become the older {wanted}: AWS has no way back."
            f" Set engine_version to {have[0]}, or restore a snapshot of the older version under another name"
        )
    if want[0] > have[0] and not allow_major:
        raise PlanRefused(
            f"{resource} runs engine version {observed}, and {wanted} is a new major version, which is down while it is"
            " upgraded and has no way back. Set allow_major_version_upgrade, with a parameter group of the new family"
        )
    return observed if have[: len(want)] >= want else wanted
