# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is wanted of a secret, and how its value is made. Pure: the caller brings the randomness.

Source of the limits: the AWS Secrets Manager API reference (CreateSecret, GetRandomPassword, DeleteSecret).
"""

from __future__ import annotations

import json
import re
import string
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .plan import PlanRefused, State
from .policy import PolicyError, policy_text, wanted_policy

PASSWORD_LENGTHS = range(8, 4097)
RECOVERY_DAYS = range(7, 31)
MAX_POLICY_CHARACTERS = 20_480

_NAME = re.compile(r"[a-zA-Z0-9/_+=.@-]{1,512}")

Choose = Callable[[Sequence[str]], str]


def secret_state(item: Mapping[str, Any], region: str) -> State:
    """The canonical state of a secret from one item of the module's list. Raises PlanRefused with all that is wrong.

    A field that the item leaves out is None (leave it alone). The value is no part of it: only that there is one.
    """
    policy, faults = _policy(item)
    faults += [*_name_faults(item), *_generation_faults(item), *_replica_faults(item, region)]
    if faults:
        raise PlanRefused(f"secret {item['name']}: {'; '.join(faults)}")
    replicas = item.get("replica_regions")
    return {
        "deletion_scheduled": False,
        "has_value": True,
        "description": item.get("description"),
        "kms_key": item.get("kms_key"),
        "policy": policy,
        "replica_regions": None if replicas is None else sorted(set(replicas)),
    }


def secret_value(item: Mapping[str, Any], choose: Choose) -> str:
    """A new value: one password, or a JSON object of the template and one password for each key."""
    generate = item.get("generate") or {}
    keys, template = generate.get("keys") or [], item.get("template") or {}
    if not keys and not template:
        return password(generate, choose)
    return json.dumps({**template, **{key: password(generate, choose) for key in keys}}, sort_keys=True)


def password(generate: Mapping[str, Any], choose: Choose) -> str:
    """A password with at least one character of every allowed sort. `choose` picks one of a sequence at random."""
    sorts = character_sorts(generate)
    length = generate.get("length") or 32
    picked = [choose(sort) for sort in sorts]
    picked += [choose("".join(sorts)) for _position in range(length - len(picked))]
    shuffled = []
    while picked:
        position = int(choose([str(index) for index in range(len(picked))]))
        shuffled.append(picked.pop(position))
    return "".join(shuffled)


def character_sorts(generate: Mapping[str, Any]) -> list[str]:
    """The sorts of characters that a password is made of, each without what is excluded; empty sorts are left out."""
    sorts = [string.ascii_lowercase, string.ascii_uppercase, string.digits]
    if not generate.get("exclude_punctuation"):
        sorts.append(string.punctuation)
    excluded = set(generate.get("exclude_characters") or "")
    kept = ("".join(character for character in sort if character not in excluded) for sort in sorts)
    return [sort for sort in kept if sort]


def _policy(item: Mapping[str, Any]) -> tuple[State | None, list[str]]:
    """The canonical policy ({} for none), and what is wrong with it."""
    document = item.get("policy")
    if not document:
        return document, []
    try:
        policy = wanted_policy(document, "its policy", on_resource=True)
    except PolicyError as error:
        return None, [str(error)]
    size = len(policy_text(policy))
    if size > MAX_POLICY_CHARACTERS:
        return None, [f"the policy has {size} characters; AWS takes {MAX_POLICY_CHARACTERS}"]
    return policy, []


def _name_faults(item: Mapping[str, Any]) -> list[str]:
    faults = []
    if not _NAME.fullmatch(item["name"]):
        faults.append("a name has 1 to 512 letters, digits or any of /_+=.@-")
    key = item.get("kms_key")
    if key and not key.startswith("alias/"):
        faults.append(f"kms_key is an alias as in alias/monay-dev-secrets, got {key}")
    return faults


def _generation_faults(item: Mapping[str, Any]) -> list[str]:
    generate = item.get("generate") or {}
    keys, template = generate.get("keys") or [], item.get("template") or {}
    faults = []
    length = generate.get("length") or 32
    if length not in PASSWORD_LENGTHS:
        faults.append(f"generate.length is {length}; passwords have {PASSWORD_LENGTHS[0]} to {PASSWORD_LENGTHS[-1]}")
    if not character_sorts(generate):
        faults.append("generate excludes every character")
    if template and not keys:
        faults.append("template has the keys that are not secret: name those to generate in generate.keys")
    both = sorted(set(keys) & set(template))
    if both:
        faults.append(f"{', '.join(both)} cannot stand in template and be generated")
    return faults


def _replica_faults(item: Mapping[str, Any], region: str) -> list[str]:
    if region in (item.get("replica_regions") or ()):
        return [f"replica_regions has {region}, the region of the secret itself"]
    return []
