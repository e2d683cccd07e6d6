# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""IAM policy documents in one form, so that two ways of writing the same policy compare as equal. Pure.

AWS gives back what it was given in other words: a lone string for a list of one, an account's root ARN for its id,
lists in another order. Source: "IAM JSON policy element reference" and "Grammar of the IAM JSON policy language".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

Policy = dict[str, Any]

# What AWS assumes for a document without Version, and what we write: only the latter knows policy variables.
AWS_DEFAULT_VERSION = "2008-10-17"
CURRENT_VERSION = "2012-10-17"

_LISTS = ("Action", "NotAction", "Resource", "NotResource")
_PRINCIPALS = ("Principal", "NotPrincipal")
_ACCOUNT_ROOT = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):root")


class PolicyError(ValueError):
    """A document that is no policy; the message says what is wrong with it."""


def canonical_policy(document: Mapping[str, Any] | str) -> Policy:
    """The document in the one form in which equal policies are equal values.

    Lists (also of one) are sorted and free of repetition, statements too; accounts are written as their 12 digits;
    the values of conditions are strings. Raises PolicyError for what is no JSON object with statements.
    """
    parsed = _parsed(document)
    statements = [_statement(each) for each in _as_list(parsed.get("Statement"))]
    unique = {_sort_key(each): each for each in statements}
    return {
        **parsed,
        "Version": parsed.get("Version") or AWS_DEFAULT_VERSION,
        "Statement": [unique[key] for key in sorted(unique)],
    }


def wanted_policy(document: Mapping[str, Any], what: str, *, on_resource: bool = False) -> Policy:
    """A document as a person writes it, checked and canonical; without Version it gets the current one.

    `what` names the policy in messages. `on_resource` is for documents that stand at a resource (trust policies, key
    policies): they need principals; the others need resources. Raises PolicyError.
    """
    for position, statement in enumerate(_as_list(document.get("Statement")), start=1):
        fault = _statement_fault(statement, "Principal" if on_resource else "Resource")
        if fault:
            raise PolicyError(f"{what}: statement {position} {fault}")
    if not document.get("Statement"):
        raise PolicyError(f"{what} has no Statement")
    return canonical_policy({"Version": CURRENT_VERSION, **document})


def policy_text(policy: Mapping[str, Any]) -> str:
    """The document as AWS takes it: compact, because AWS limits its length."""
    return json.dumps(policy, sort_keys=True, separators=(",", ":"))


def names_identities(policy: Mapping[str, Any]) -> bool:
    """Whether the (canonical) document names roles or users, which AWS refuses until it has seen them everywhere."""
    return any(
        value.startswith("arn:")
        for statement in policy.get("Statement", ())
        for block in _PRINCIPALS
        for value in statement.get(block, {}).get("AWS", ())
    )


def statements(policy: Mapping[str, Any]) -> Iterator[Policy]:
    """The statements of any document, each in canonical form."""
    yield from canonical_policy(policy)["Statement"]


def _parsed(document: Mapping[str, Any] | str) -> Policy:
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except json.JSONDecodeError as error:
            raise PolicyError(f"a policy must be JSON: {error}") from error
    if not isinstance(document, Mapping):
        raise PolicyError(f"a policy must be an object with statements, not {type(document).__name__}")
    return dict(document)


def _statement(raw: Any) -> Policy:
    if not isinstance(raw, Mapping):
        raise PolicyError(f"a statement must be an object, not {type(raw).__name__}")
    statement = {key: value for key, value in raw.items() if value not in ("", {})}
    for key in _LISTS:
        if key in statement:
            statement[key] = _strings(statement[key])
    for key in _PRINCIPALS:
        if key in statement:
            statement[key] = _principals(statement[key])
    if "Condition" in statement:
        statement["Condition"] = {
            operator: {key: _strings(value) for key, value in tests.items()}
            for operator, tests in statement["Condition"].items()
        }
    return statement


def _principals(raw: Any) -> dict[str, list[str]]:
    """`"*"` and `{"AWS": "*"}` are the same to AWS."""
    block = raw if isinstance(raw, Mapping) else {"AWS": raw}
    return {sort: sorted({_account_id(value) for value in _strings(values)}) for sort, values in block.items()}


def _account_id(principal: str) -> str:
    """The 12 digits where the principal is a whole account; they are the same in every partition of AWS."""
    root = _ACCOUNT_ROOT.fullmatch(principal)
    return root[1] if root else principal


def _strings(raw: Any) -> list[str]:
    return sorted({_string(value) for value in _as_list(raw)})


def _string(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _as_list(raw: Any) -> list[Any]:
    if raw is None:
        return []
    return list(raw) if isinstance(raw, (list, tuple, set, frozenset)) else [raw]


def _sort_key(statement: Mapping[str, Any]) -> str:
    return json.dumps(statement, sort_keys=True)


def _statement_fault(statement: Any, needed: str) -> str:
    """What AWS would refuse the statement for; "" when nothing is found."""
    if not isinstance(statement, Mapping):
        return f"is no mapping but {type(statement).__name__}"
    if statement.get("Effect") not in ("Allow", "Deny"):
        return f"has the Effect {statement.get('Effect')!r}; it must be Allow or Deny"
    for key in ("Action", needed):
        if not (statement.get(key) or statement.get(f"Not{key}")):
            return f"has neither {key} nor Not{key}"
    return ""
