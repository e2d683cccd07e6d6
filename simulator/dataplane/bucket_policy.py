# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a bucket's policy lets a distribution do. Conditions that are not known here never help: they deny."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.dataplane.routing import pattern

if TYPE_CHECKING:
    from collections.abc import Callable

Item = dict[str, Any]
SERVICE = "cloudfront.amazonaws.com"


@dataclass(frozen=True)
class Caller:
    """Who asks: a distribution that signs its requests, or, without signature, anybody."""

    arn: str = ""
    account: str = ""

    def facts(self) -> dict[str, str]:
        """What conditions can look at; front door and bucket speak TLS 1.3 in this simulation."""
        facts = {"aws:securetransport": "true", "s3:tlsversion": "1.3"}
        return facts | ({"aws:sourcearn": self.arn, "aws:sourceaccount": self.account} if self.arn else {})


def allows(policy: str | None, caller: Caller, action: str, resource: str) -> bool:
    """Allowed by a statement and denied by none."""
    if not policy:
        return False
    statements = json.loads(policy).get("Statement", [])
    allowed = False
    for statement in [statements] if isinstance(statements, dict) else statements:
        if not _concerns(statement, caller, action, resource):
            continue
        holds = _holds(statement.get("Condition", {}), caller.facts())
        if statement["Effect"] == "Deny" and holds is not False:
            return False
        allowed = allowed or (statement["Effect"] == "Allow" and holds is True)
    return allowed


def _list(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def _any(patterns: Any, text: str, *, ignore_case: bool = False) -> bool:
    return any(pattern(one, ignore_case=ignore_case).fullmatch(text) for one in _list(patterns))


def _concerns(statement: Item, caller: Caller, action: str, resource: str) -> bool:
    principal = statement.get("Principal", {})
    everybody = principal == "*" or (isinstance(principal, dict) and "*" in _list(principal.get("AWS", [])))
    service = isinstance(principal, dict) and SERVICE in _list(principal.get("Service", []))
    if not everybody and not (service and caller.arn):
        return False
    return _any(statement.get("Action", []), action, ignore_case=True) and _any(statement.get("Resource", []), resource)


def _equals(wanted: str, value: str) -> bool:
    return wanted == value


def _like(wanted: str, value: str) -> bool:
    return bool(pattern(wanted, ignore_case=False).fullmatch(value))


OPERATORS: dict[str, tuple[Callable[[str, str], bool], bool]] = {
    "StringEquals": (_equals, False),
    "StringNotEquals": (_equals, True),
    "StringLike": (_like, False),
    "StringNotLike": (_like, True),
    "ArnEquals": (_like, False),
    "ArnLike": (_like, False),
    "ArnNotEquals": (_like, True),
    "ArnNotLike": (_like, True),
    "Bool": (lambda wanted, value: wanted.lower() == value, False),
    "NumericLessThan": (lambda wanted, value: float(value) < float(wanted), False),
}


def _holds(conditions: Item, facts: dict[str, str]) -> bool | None:
    """Whether all conditions hold; None where one of them cannot be judged."""
    unknown = False
    for name, keys in conditions.items():
        operator, negated = OPERATORS.get(name.removesuffix("IfExists"), (None, False))
        for key, wanted in keys.items():
            value = facts.get(key.lower())
            if operator is None:
                unknown = True
            elif value is None:
                if not (negated or name.endswith("IfExists")):
                    return False
            elif any(operator(str(one), value) for one in _list(wanted)) is negated:
                return False
    return None if unknown else True
