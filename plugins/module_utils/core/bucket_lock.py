# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Object Lock of a bucket: how long new objects cannot be deleted or overwritten. Pure.

Object Lock itself, once switched on, stays for good; what changes is the retention that new objects get. The state is
`{mode, days}`, {} where new objects get none. Sources: S3 user guide, "Object Lock considerations"; S3 API reference,
PutObjectLockConfiguration.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .plan import State

MAX_DAYS = 36_500


def wanted_lock(option: Mapping[str, Any] | None) -> State | None:
    """The state that the module's option asks for; None stays None (leave it alone)."""
    if option is None:
        return None
    return {"mode": option.get("mode"), "days": option["days"]} if option.get("days") else {}


def lock_faults(item: Mapping[str, Any]) -> list[str]:
    """What AWS would refuse of the options of a bucket."""
    days = (item.get("object_lock") or {}).get("days") or 0
    if not days:
        return []
    faults = [] if 0 < days <= MAX_DAYS else [f"object_lock.days is {days}; AWS takes 1 to {MAX_DAYS}"]
    if not item.get("versioning"):
        faults.append("object_lock needs versioning: true")
    if "s3" in (item.get("log_delivery") or []):
        faults.append("S3 delivers no access logs to buckets with object_lock")
    return faults


def lock_from_aws(configuration: Mapping[str, Any] | None) -> State:
    """The state in GetObjectLockConfiguration's answer; a retention of years never compares as equal to one of days."""
    rule = (configuration or {}).get("ObjectLockConfiguration", {}).get("Rule") or {}
    retention = rule.get("DefaultRetention") or {}
    units = {"days": retention.get("Days"), "years": retention.get("Years")}
    return {"mode": retention["Mode"], **{unit: value for unit, value in units.items() if value}} if retention else {}


def lock_to_aws(lock: State) -> dict[str, Any]:
    """What PutObjectLockConfiguration takes. Without a rule, new objects are not locked."""
    rule = {"Rule": {"DefaultRetention": {"Mode": lock["mode"], "Days": lock["days"]}}} if lock else {}
    return {"ObjectLockEnabled": "Enabled", **rule}
