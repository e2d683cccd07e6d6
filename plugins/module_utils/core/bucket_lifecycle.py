# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Lifecycle rules of a bucket: the form of the module's options, which both sides are compared in. Pure.

A rule is `{id, prefix, enabled, expiration_days, noncurrent_days, abort_multipart_days, transitions}`; numbers of days
are 0 for "never"; transitions are `[{days, storage_class}]` by rising days. A rule that AWS holds and that says more
than this has it under `other`, so that it never compares as equal. Source: S3 API reference, LifecycleRule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Rule = dict[str, Any]

# S3 moves objects into these classes after 30 days at the earliest.
INFREQUENT = {"STANDARD_IA", "ONEZONE_IA"}
INFREQUENT_DAYS = 30

# Where each number of days stands in AWS's rule.
_DAYS = {
    "expiration_days": ("Expiration", "Days"),
    "noncurrent_days": ("NoncurrentVersionExpiration", "NoncurrentDays"),
    "abort_multipart_days": ("AbortIncompleteMultipartUpload", "DaysAfterInitiation"),
}


def wanted_rules(items: Iterable[Mapping[str, Any]] | None) -> list[Rule] | None:
    """The rules of the module's options, by id; None stays None (leave them alone)."""
    if items is None:
        return None
    return sorted((_wanted(item) for item in items), key=lambda rule: str(rule["id"]))


def rules_from_aws(rules: Iterable[Mapping[str, Any]]) -> list[Rule]:
    """The rules that GetBucketLifecycleConfiguration returns, by id."""
    return sorted((_from_aws(rule) for rule in rules), key=lambda rule: str(rule["id"]))


def rules_to_aws(rules: Iterable[Rule]) -> list[dict[str, Any]]:
    """The rules as PutBucketLifecycleConfiguration takes them."""
    return [_to_aws(rule) for rule in rules]


def rule_faults(items: Iterable[Mapping[str, Any]] | None) -> list[str]:
    """What AWS would refuse of the module's options."""
    rules = wanted_rules(items) or []
    ids = [rule["id"] for rule in rules]
    faults = [f"lifecycle has two rules {each}" for each in sorted({each for each in ids if ids.count(each) > 1})]
    return faults + [f"lifecycle rule {rule['id']} {fault}" for rule in rules for fault in _faults(rule)]


def _wanted(item: Mapping[str, Any]) -> Rule:
    transitions = [dict(each) for each in item.get("transitions") or ()]
    return {
        "id": item["id"],
        "prefix": item.get("prefix") or "",
        "enabled": True,
        **{key: item.get(key) or 0 for key in _DAYS},
        "transitions": sorted(transitions, key=lambda each: int(each["days"])),
    }


def _faults(rule: Rule) -> list[str]:
    faults = []
    if not rule["transitions"] and not any(rule[key] for key in _DAYS):
        faults.append("does nothing: give it days after which objects expire or move")
    faults += [f"has {key} {rule[key]}; give a number above 0" for key in _DAYS if rule[key] < 0]
    for each in rule["transitions"]:
        if each["storage_class"] in INFREQUENT and each["days"] < INFREQUENT_DAYS:
            faults.append(f"moves to {each['storage_class']} after {each['days']} days; AWS takes {INFREQUENT_DAYS}")
        if 0 < rule["expiration_days"] <= each["days"]:
            faults.append(f"moves after {each['days']} days what expires after {rule['expiration_days']}")
    return faults


def _from_aws(rule: Mapping[str, Any]) -> Rule:
    rest = {key: value for key, value in rule.items() if key not in ("ID", "Status")}
    days = {key: _taken(rest, block, member) for key, (block, member) in _DAYS.items()}
    prefix, filters = rest.pop("Prefix", ""), dict(rest.pop("Filter", {}))
    prefix = filters.pop("Prefix", prefix)
    transitions = [
        {"days": each["Days"], "storage_class": each["StorageClass"]}
        for each in rest.pop("Transitions", ())
        if "Days" in each
    ]
    found = {
        "id": rule.get("ID", ""),
        "prefix": prefix,
        "enabled": rule["Status"] == "Enabled",
        **days,
        "transitions": sorted(transitions, key=lambda each: int(each["days"])),
    }
    other = {**({"Filter": filters} if filters else {}), **rest}
    return {**found, "other": other} if other else found


def _taken(rest: dict[str, Any], block: str, member: str) -> int:
    """Take the member out of its block, and the block out of the rule when nothing is left in it."""
    content = dict(rest.pop(block, {}))
    days = int(content.pop(member, 0))
    if content:
        rest[block] = content
    return days


def _to_aws(rule: Rule) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "ID": rule["id"],
        "Status": "Enabled" if rule["enabled"] else "Disabled",
        "Filter": {"Prefix": rule["prefix"]},
    }
    for key, (block, member) in _DAYS.items():
        if rule[key]:
            answer[block] = {member: rule[key]}
    if rule["transitions"]:
        answer["Transitions"] = [
            {"Days": each["days"], "StorageClass": each["storage_class"]} for each in rule["transitions"]
        ]
    return answer
