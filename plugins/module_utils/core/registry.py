# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is wanted of an ECR repository and of the replication of a registry, in the form to compare. Pure.

Source of the limits: ECR user guide, "Lifecycle policy properties", and API reference, CreateRepository and
PutReplicationConfiguration.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from .plan import PlanRefused, State
from .policy import PolicyError, wanted_policy

AES256 = "AES256"
KMS = "KMS"
# The key that ECR takes where none is named.
OWN_KEY = "alias/aws/ecr"
COUNT_TYPES = {"imageCountMoreThan", "sinceImagePushed"}

_NAME = re.compile(r"(?=.{2,256}$)[a-z0-9]+([._-][a-z0-9]+)*(/[a-z0-9]+([._-][a-z0-9]+)*)*")

Rule = dict[str, Any]


def repository_state(item: Mapping[str, Any]) -> State:
    """The canonical state of a repository from one item of the module's list. Raises PlanRefused with all faults.

    A field that the item leaves out is None (leave it alone).
    """
    policy, faults = _policy(item)
    faults += [*_name_faults(item), *_encryption_faults(item.get("encryption")), *_lifecycle_faults(item)]
    if faults:
        raise PlanRefused(f"ECR repository {item['name']}: {'; '.join(faults)}")
    encryption, lifecycle = item.get("encryption"), item.get("lifecycle_policy")
    return {
        "image_tag_mutability": item.get("image_tag_mutability"),
        "scan_on_push": item.get("scan_on_push"),
        "encryption": _encryption(encryption["type"], encryption.get("kms_key") or "") if encryption else None,
        "lifecycle_policy": None if lifecycle is None else canonical_lifecycle(lifecycle),
        "policy": policy,
    }


def encryption_from_aws(type_: str, alias: str) -> State:
    """`{type, kms_key}`; `alias` is the alias of the key that AWS names, "" for none."""
    return _encryption(type_, alias)


def canonical_lifecycle(document: Mapping[str, Any] | str) -> State:
    """A lifecycle policy with its rules by priority and lists without order sorted; {} for one without rules."""
    parsed: Mapping[str, Any] = json.loads(document) if isinstance(document, str) else document
    rules = sorted((_lifecycle_rule(rule) for rule in parsed.get("rules") or ()), key=_priority)
    return {"rules": rules} if rules else {}


def lifecycle_text(policy: State) -> str:
    """The document as ECR takes it."""
    return json.dumps(policy, sort_keys=True, separators=(",", ":"))


def replication_state(option: Mapping[str, Any], region: str) -> State:
    """`{destinations: [{region, account}]}` of the module's option; "" is the registry's own account.

    Raises PlanRefused where a registry would be copied to itself.
    """
    copies = [*({"region": each} for each in option.get("regions") or ()), *(option.get("destinations") or ())]
    destinations = [{"region": each["region"], "account": each.get("account") or ""} for each in copies]
    if {"region": region, "account": ""} in destinations:
        raise PlanRefused(f"ECR replication of {option['repository_prefix']}: {region} is the registry's own region")
    return {"destinations": _sorted(destinations)}


def replication_of(rules: Iterable[Mapping[str, Any]], prefix: str, registry: str) -> State | None:
    """The state of the rule for exactly this prefix, None where there is none. `registry` is its account."""
    for rule in rules:
        if _is_for(rule, prefix):
            return {
                "destinations": _sorted(
                    {"region": each["region"], "account": "" if each["registryId"] == registry else each["registryId"]}
                    for each in rule["destinations"]
                )
            }
    return None


def with_rule(rules: Iterable[Mapping[str, Any]], prefix: str, registry: str, state: State | None) -> list[Rule]:
    """All rules of a registry with the one for this prefix as wanted (None: without it); others stay as they are."""
    others = [dict(rule) for rule in rules if not _is_for(rule, prefix)]
    if state is None:
        return others
    destinations = [
        {"region": each["region"], "registryId": each["account"] or registry} for each in state["destinations"]
    ]
    filters = [{"filter": prefix, "filterType": "PREFIX_MATCH"}]
    return [*others, {"destinations": destinations, "repositoryFilters": filters}]


def _is_for(rule: Mapping[str, Any], prefix: str) -> bool:
    return [each["filter"] for each in rule.get("repositoryFilters") or ()] == [prefix]


def _sorted(destinations: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    return sorted(destinations, key=lambda each: (each["region"], each["account"]))


def _encryption(type_: str, alias: str) -> State:
    return {"type": type_, "kms_key": "" if type_ == AES256 or alias == OWN_KEY else alias}


def _policy(item: Mapping[str, Any]) -> tuple[State | None, list[str]]:
    """The canonical policy ({} for none), and what is wrong with it. A repository's policy names no resource."""
    document = item.get("policy")
    if not document:
        return document, []
    try:
        return wanted_policy(document, "its policy", on_resource=True), []
    except PolicyError as error:
        return None, [str(error)]


def _name_faults(item: Mapping[str, Any]) -> list[str]:
    if _NAME.fullmatch(item["name"]):
        return []
    return ["a name has 2 to 256 lower-case letters, digits, and single . _ - / between them"]


def _encryption_faults(encryption: Mapping[str, Any] | None) -> list[str]:
    key = (encryption or {}).get("kms_key")
    if key and encryption and encryption["type"] == AES256:
        return [f"encryption names the key {key}, which needs type: {KMS}"]
    if key and not key.startswith("alias/"):
        return [f"encryption.kms_key is an alias as in alias/monay-dev-data, got {key}"]
    return []


def _lifecycle_faults(item: Mapping[str, Any]) -> list[str]:
    rules = (item.get("lifecycle_policy") or {}).get("rules") or []
    faults = [f"lifecycle_policy: {fault}" for rule in rules for fault in _rule_faults(rule)]
    priorities = [rule.get("rulePriority") for rule in rules]
    if len(set(priorities)) < len(priorities):
        faults.append("lifecycle_policy has two rules of one rulePriority")
    return faults


def _rule_faults(rule: Mapping[str, Any]) -> list[str]:
    selection = rule.get("selection") or {}
    named = f"rule {rule.get('rulePriority')}"
    faults = []
    if not _positive(rule.get("rulePriority")):
        faults.append(f"{named} needs a rulePriority above 0")
    if selection.get("countType") not in COUNT_TYPES:
        faults.append(
            f"{named} has countType {selection.get('countType')!r}; ECR takes {', '.join(sorted(COUNT_TYPES))}"
        )
    if not _positive(selection.get("countNumber")):
        faults.append(f"{named} needs a countNumber above 0")
    with_tags = bool(selection.get("tagPatternList") or selection.get("tagPrefixList"))
    if with_tags != (selection.get("tagStatus") == "tagged"):
        faults.append(f"{named}: tagPatternList or tagPrefixList belong to tagStatus tagged, and only to it")
    return faults


def _positive(value: Any) -> bool:
    """Whether it is a number above 0, be it as text."""
    return str(value).isdigit() and int(str(value)) > 0


def _lifecycle_rule(rule: Mapping[str, Any]) -> Rule:
    """Numbers as numbers (a template may make them text), lists without order sorted."""
    selection: dict[str, Any] = {
        key: sorted(value) if isinstance(value, list) else value for key, value in (rule.get("selection") or {}).items()
    }
    if "countNumber" in selection:
        selection["countNumber"] = int(selection["countNumber"])
    return {**rule, "rulePriority": int(rule["rulePriority"]), "selection": selection}


def _priority(rule: Rule) -> int:
    return int(rule["rulePriority"])
