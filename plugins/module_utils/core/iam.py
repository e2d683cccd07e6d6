# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What IAM allows a role to be, checked before anything is sent. Pure.

Source of the limits: "IAM and AWS STS quotas" and the API reference of CreateRole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .plan import PlanRefused, State
from .policy import PolicyError, policy_text, wanted_policy

MAX_TRUST_CHARACTERS = 2048
MAX_INLINE_CHARACTERS = 10_240
SESSION_SECONDS = range(3600, 43_201)

_ROLE_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
_POLICY_NAME = re.compile(r"[\w+=,.@-]{1,128}", re.ASCII)
_PATH = re.compile(r"/|/[\x21-\x7e]{1,510}/")


def role_state(item: Mapping[str, Any]) -> State:
    """The canonical state of a role from one item of the module's list. Raises PlanRefused with all that is wrong.

    A field that the item leaves out is None (leave it alone).
    """
    name = item["name"]
    try:
        trust = _trust(name, item.get("trust_policy"))
        inline = _inline(name, item.get("inline_policies"))
    except PolicyError as error:
        raise PlanRefused(f"IAM role {name}: {error}") from error
    faults = [*_name_faults(item), *_size_faults(trust, inline)]
    if faults:
        raise PlanRefused(f"IAM role {name}: {'; '.join(faults)}")
    managed = item.get("managed_policies")
    return {
        "path": item.get("path"),
        "description": item.get("description"),
        "trust_policy": trust,
        "inline_policies": inline,
        "managed_policies": None if managed is None else sorted(set(managed)),
        "permissions_boundary": item.get("permissions_boundary"),
        "max_session_duration": item.get("max_session_duration"),
    }


def provider_name(url: str) -> str:
    """The name of an OpenID Connect provider, which is its URL as it stands in the provider's ARN.

    Raises PlanRefused for a URL that IAM does not take.
    """
    if not re.fullmatch(r"https://[^\s/?#:]+(/[^\s?#]*)?", url):
        raise PlanRefused(f"OpenID Connect provider {url}: the URL must begin with https:// and have no port or query")
    return url.removeprefix("https://").removesuffix("/")


def is_owned(tags: Mapping[str, str], ours: Mapping[str, Any] | None, keys: list[str]) -> bool:
    """Whether a shared resource is ours: every one of the tag `keys` is said by us and has our value."""
    return bool(keys) and all(ours is not None and key in ours and tags.get(key) == str(ours[key]) for key in keys)


def _trust(name: str, document: Mapping[str, Any] | None) -> State | None:
    return None if document is None else wanted_policy(document, f"trust policy of {name}", on_resource=True)


def _inline(name: str, documents: Mapping[str, Mapping[str, Any]] | None) -> State | None:
    if documents is None:
        return None
    return {key: wanted_policy(each, f"inline policy {key} of {name}") for key, each in documents.items()}


def _name_faults(item: Mapping[str, Any]) -> list[str]:
    faults = []
    if not _ROLE_NAME.fullmatch(item["name"]):
        faults.append(f"a role's name has 1 to 64 letters, digits or any of +=,.@_- (this one has {len(item['name'])})")
    if item.get("path") is not None and not _PATH.fullmatch(item["path"]):
        faults.append(f"the path {item['path']} must begin and end with /")
    faults += [
        f"the policy name {policy!r} may have letters, digits and any of +=,.@_- only"
        for policy in item.get("inline_policies") or {}
        if not _POLICY_NAME.fullmatch(policy)
    ]
    seconds = item.get("max_session_duration")
    if seconds is not None and seconds not in SESSION_SECONDS:
        faults.append(f"max_session_duration is {seconds} seconds; AWS takes 3600 to 43200")
    return faults


def _size_faults(trust: State | None, inline: State | None) -> list[str]:
    faults = []
    if trust and len(policy_text(trust)) > MAX_TRUST_CHARACTERS:
        faults.append(f"the trust policy has {len(policy_text(trust))} characters; AWS takes {MAX_TRUST_CHARACTERS}")
    total = sum(len(policy_text(each)) for each in (inline or {}).values())
    if total > MAX_INLINE_CHARACTERS:
        faults.append(f"the inline policies have {total} characters together; AWS takes {MAX_INLINE_CHARACTERS}")
    return faults
