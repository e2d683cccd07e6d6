# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Whether this is the account and the region that the inventory means. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .plan import PlanRefused

GROUP_VARS = "group_vars/all of the environment's inventory"


def check_account(wanted: str, found: str, caller: str) -> None:
    """Raise PlanRefused unless the caller's account is the wanted one. `caller` is the caller's ARN."""
    if not re.fullmatch(r"\d{12}", wanted):
        raise PlanRefused(
            f"platform_account_id is {wanted!r}; an AWS account has 12 digits. Correct it in {GROUP_VARS}, in quotes:"
            " without them YAML takes leading zeros away"
        )
    if wanted != found:
        raise PlanRefused(
            f"The credentials belong to {caller} in account {found}, but platform_account_id is {wanted}."
            f" Use credentials of account {wanted}, or correct platform_account_id in {GROUP_VARS}"
        )


def check_zones(wanted: Sequence[str], found: Iterable[Mapping[str, Any]], region: str) -> None:
    """Raise PlanRefused unless the region has each wanted zone, available. `found` is AWS's list of zones."""
    states = {zone["ZoneName"]: zone["State"] for zone in found}
    available = sorted(name for name, state in states.items() if state == "available")
    faults = [f"{zone} is {states.get(zone, f'no zone of {region}')}" for zone in wanted if zone not in available]
    if faults:
        raise PlanRefused(
            f"platform_availability_zones: {', '.join(faults)}. Available to this account are {', '.join(available)}."
            f" Correct platform_availability_zones or platform_region in {GROUP_VARS}"
        )
