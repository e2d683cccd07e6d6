# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is wanted of a KMS key, checked before anything is sent. Pure.

Source of the limits: the AWS KMS API reference (CreateAlias, EnableKeyRotation, PutKeyPolicy, ScheduleKeyDeletion).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .plan import PlanRefused, State
from .policy import PolicyError, policy_text, wanted_policy

ROTATION_DAYS = range(90, 2561)
DELETION_DAYS = range(7, 31)
DEFAULT_ROTATION_DAYS = 365
MAX_POLICY_CHARACTERS = 32_768

_ALIAS = re.compile(r"alias/[a-zA-Z0-9/_-]{1,250}")


def key_state(item: Mapping[str, Any]) -> State:
    """The canonical state of a key from one item of the module's list. Raises PlanRefused with all that is wrong.

    `rotation_days` is 0 for no rotation. A field that the item leaves out is None (leave it alone).
    """
    alias = item["alias"]
    try:
        policy = item.get("policy") and wanted_policy(item["policy"], f"policy of {alias}", on_resource=True)
    except PolicyError as error:
        raise PlanRefused(f"KMS key {alias}: {error}") from error
    faults = _faults(item, policy)
    if faults:
        raise PlanRefused(f"KMS key {alias}: {'; '.join(faults)}")
    return {
        "alias": alias,
        "description": item.get("description"),
        "key_state": "Enabled" if item.get("enabled", True) else "Disabled",
        "multi_region": item.get("multi_region"),
        "policy": policy,
        "rotation_days": _rotation_days(item),
    }


def _rotation_days(item: Mapping[str, Any]) -> int | None:
    if item.get("rotation") is None:
        return None
    return (item.get("rotation_period") or DEFAULT_ROTATION_DAYS) if item["rotation"] else 0


def _faults(item: Mapping[str, Any], policy: State | None) -> list[str]:
    faults = []
    if not _ALIAS.fullmatch(item["alias"]) or item["alias"].startswith("alias/aws/"):
        faults.append("an alias is alias/ and 1 to 250 letters, digits or any of /_- (alias/aws/ belongs to AWS)")
    period, window = item.get("rotation_period"), item.get("deletion_window")
    if period is not None and period not in ROTATION_DAYS:
        faults.append(f"rotation_period is {period} days; AWS takes 90 to 2560")
    if window is not None and window not in DELETION_DAYS:
        faults.append(f"deletion_window is {window} days; AWS takes 7 to 30")
    if policy and len(policy_text(policy)) > MAX_POLICY_CHARACTERS:
        faults.append(f"the policy has {len(policy_text(policy))} characters; AWS takes {MAX_POLICY_CHARACTERS}")
    return faults
