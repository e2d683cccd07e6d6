# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rules of a web ACL: what is refused, and what they cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.errors import AwsError
from simulator.overlays.wafv2_managed import GROUPS, VENDOR

if TYPE_CHECKING:
    from simulator.overlay import Context

Item = dict[str, Any]
LEAST_RATE, MOST_RATE = 10, 2_000_000_000
WINDOWS = (60, 120, 300, 600)
# Capacity units of a statement by itself.
COSTS = {
    "ByteMatchStatement": 2,
    "GeoMatchStatement": 1,
    "IPSetReferenceStatement": 1,
    "LabelMatchStatement": 1,
    "RegexMatchStatement": 3,
    "RegexPatternSetReferenceStatement": 25,
    "SizeConstraintStatement": 1,
    "SqliMatchStatement": 20,
    "XssMatchStatement": 40,
    "AsnMatchStatement": 1,
}


def label_namespace(account: str, name: str) -> str:
    return f"awswaf:{account}:webacl:{name}:"


def _refuse(reason: str, name: str, parameter: object) -> AwsError:
    return AwsError("WAFInvalidParameterException", f"Error reason: {reason}, field: {name}, parameter: {parameter}")


def check_rules(context: Context, rules: list[Item]) -> None:
    """Names and priorities once each; groups of rules are overridden, other rules act."""
    for member in ("Name", "Priority"):
        values = [rule[member] for rule in rules]
        if len(set(values)) < len(values):
            raise _refuse(f"Some {member.lower()} is used by more than one rule", "RULE", values)
    for rule in rules:
        statement = rule["Statement"]
        if len(statement) != 1:
            raise _refuse("A rule must have exactly one statement", "STATEMENT", rule["Name"])
        is_group = bool({"ManagedRuleGroupStatement", "RuleGroupReferenceStatement"} & set(statement))
        if is_group == bool(rule.get("Action")) or is_group != bool(rule.get("OverrideAction")):
            reason = "A rule group has an override action, another rule has an action"
            raise _refuse(reason, "RULE_ACTION", rule["Name"])
        _check_statement(context, statement)


def _check_statement(context: Context, statement: Item) -> None:
    for kind, content in statement.items():
        if kind == "ManagedRuleGroupStatement":
            _check_managed(content)
        elif kind == "RateBasedStatement":
            _check_rate(content)
        elif kind == "IPSetReferenceStatement":
            known = {one.arn for one in context.backend("wafv2").ip_sets.values()} | _global_sets(context)
            if content["ARN"] not in known:
                raise AwsError("WAFNonexistentItemException", f"The IP set {content['ARN']} does not exist.")
        for inner in _inner(content):
            _check_statement(context, inner)


def _global_sets(context: Context) -> set[str]:
    """moto keeps what belongs to CloudFront in a region of its own."""
    return {one.arn for one in context.world.backend("wafv2", context.account, "global").ip_sets.values()}


def _inner(content: Item) -> list[Item]:
    found = list(content.get("Statements") or [])
    for member in ("Statement", "ScopeDownStatement"):
        found += [content[member]] if content.get(member) else []
    return found


def _check_managed(content: Item) -> None:
    name = content["Name"]
    if content["VendorName"] != VENDOR or name not in GROUPS:
        raise AwsError(
            "WAFNonexistentItemException", f"The managed rule group {content['VendorName']} {name} is not known."
        )
    for one in [*(content.get("ExcludedRules") or []), *(content.get("RuleActionOverrides") or [])]:
        if one["Name"] not in GROUPS[name][2]:
            raise _refuse("The rule is not in the managed rule group", "EXCLUDED_RULE", one["Name"])


def _check_rate(content: Item) -> None:
    if not LEAST_RATE <= int(content["Limit"]) <= MOST_RATE:
        raise _refuse(f"The limit must be {LEAST_RATE} to {MOST_RATE}", "RATE_LIMIT", content["Limit"])
    content.setdefault("EvaluationWindowSec", 300)
    if content["EvaluationWindowSec"] not in WINDOWS:
        raise _refuse("The evaluation window is not valid", "EVALUATION_WINDOW", content["EvaluationWindowSec"])


def capacity(rules: list[Item]) -> int:
    """Web ACL capacity units."""
    return sum(_cost(rule["Statement"]) for rule in rules)


def _cost(statement: Item) -> int:
    total = 0
    for kind, content in statement.items():
        if kind == "ManagedRuleGroupStatement":
            total += GROUPS[content["Name"]][0]
        elif kind == "RateBasedStatement":
            total += 2
        else:
            total += COSTS.get(kind, 0)
        total += sum(_cost(inner) for inner in _inner(content))
    return total
