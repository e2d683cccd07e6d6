# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Web ACLs: rules from a module's options, and AWS's rules in the same form. Pure.

A rule is AWS's own shape with two differences: address sets are named, not given by ARN, and what AWS fills in or
leaves out is filled in or left out here too.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .plan import PlanRefused, State

Rule = dict[str, Any]

# Denied addresses come before all else, allowed ones before what might block them.
DENY_PRIORITY, ALLOW_PRIORITY, RATE_PRIORITY, MANAGED_PRIORITY = 0, 10, 100, 200
# WAF counts requests in windows of so many seconds.
WINDOWS = (60, 120, 300, 600)
DEFAULT_WINDOW = 300
LEAST_LIMIT = 10
LOG_PREFIX = "aws-waf-logs-"
SET_PLACE = re.compile(r":(?:regional|global)/ipset/(?P<name>[^/]+)/")
VERSIONS = {4: "ipv4", 6: "ipv6"}


# --- address sets -----------------------------------------------------------------------------------------------------


def address_sets(name: str, lists: Mapping[str, Sequence[str] | None]) -> dict[str, list[str]]:
    """The address sets of a web ACL by name; `lists` are networks by their use (`allow`, `deny`).

    A set holds addresses of one version. Raises PlanRefused for what is no network.
    """
    sets: dict[str, set[str]] = {}
    for use, cidrs in lists.items():
        for cidr in cidrs or []:
            network = _network(name, use, str(cidr))
            sets.setdefault(set_name(name, use, VERSIONS[network.version]), set()).add(str(network))
    return {each: sorted(networks) for each, networks in sorted(sets.items())}


def set_name(name: str, use: str, version: str) -> str:
    return f"{name}-{use}-{version}"


def possible_sets(name: str) -> list[str]:
    """All names that the address sets of a web ACL may have."""
    return [set_name(name, use, version) for use in ("allow", "deny") for version in VERSIONS.values()]


def _network(name: str, use: str, cidr: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        network = ipaddress.ip_network(cidr)
    except ValueError as error:
        raise PlanRefused(f"web ACL {name}: {use}_cidrs has {cidr!r}, which is no network: {error}") from None
    if not network.prefixlen:
        raise PlanRefused(f"web ACL {name}: {use}_cidrs has {cidr}, but AWS takes no network of all addresses")
    return network


# --- rules ------------------------------------------------------------------------------------------------------------


def wanted_rules(name: str, options: Mapping[str, Any], sets: Iterable[str]) -> list[Rule]:
    """All rules of a web ACL, in the order in which they are asked. Raises PlanRefused for what WAF refuses."""
    rules = [
        *_address_rules(name, "deny", {"Block": {}}, DENY_PRIORITY, sets),
        *_address_rules(name, "allow", {"Allow": {}}, ALLOW_PRIORITY, sets),
        *(_rate_rule(name, place, each) for place, each in enumerate(options.get("rate_limits") or [])),
        *(_managed_rule(place, each) for place, each in enumerate(options.get("managed_rule_groups") or [])),
    ]
    names = [rule["Name"] for rule in rules]
    twice = sorted({each for each in names if names.count(each) > 1})
    if twice:
        raise PlanRefused(f"web ACL {name}: two rules are called {twice[0]}; give one of them another name")
    return [canonical_rule({**rule, "VisibilityConfig": _visibility(rule["Name"], options)}) for rule in rules]


def _visibility(metric: str, options: Mapping[str, Any]) -> dict[str, Any]:
    metrics, samples = bool(options.get("metrics", True)), bool(options.get("sampled_requests", True))
    return {"SampledRequestsEnabled": samples, "CloudWatchMetricsEnabled": metrics, "MetricName": metric}


def visibility(name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """What is seen of the web ACL itself."""
    return _visibility(name, options)


def _address_rules(name: str, use: str, action: Rule, priority: int, sets: Iterable[str]) -> list[Rule]:
    there = set(sets)
    wanted = [version for version in VERSIONS.values() if set_name(name, use, version) in there]
    return [
        {
            "Name": f"{use}-{version}",
            "Priority": priority + place,
            "Statement": {"IPSetReferenceStatement": {"ARN": set_name(name, use, version)}},
            "Action": action,
        }
        for place, version in enumerate(wanted)
    ]


def _rate_rule(name: str, place: int, limit: Mapping[str, Any]) -> Rule:
    if limit["limit"] < LEAST_LIMIT:
        raise PlanRefused(f"web ACL {name}: a rate limit is {LEAST_LIMIT} requests at least, got {limit['limit']}")
    statement: Rule = {
        "Limit": limit["limit"],
        "EvaluationWindowSec": limit.get("window") or DEFAULT_WINDOW,
        "AggregateKeyType": "FORWARDED_IP" if limit.get("forwarded") else "IP",
    }
    if limit.get("forwarded"):
        statement["ForwardedIPConfig"] = {"HeaderName": "X-Forwarded-For", "FallbackBehavior": "MATCH"}
    if limit.get("path"):
        statement["ScopeDownStatement"] = {
            "ByteMatchStatement": {
                "SearchString": limit["path"],
                "FieldToMatch": {"UriPath": {}},
                "PositionalConstraint": "STARTS_WITH",
                "TextTransformations": [{"Priority": 0, "Type": "NONE"}],
            }
        }
    return {
        "Name": limit["name"],
        "Priority": RATE_PRIORITY + place,
        "Statement": {"RateBasedStatement": statement},
        "Action": {limit.get("action", "block").capitalize(): {}},
    }


def _managed_rule(place: int, group: Mapping[str, Any]) -> Rule:
    overrides = [
        {"Name": rule, "ActionToUse": {str(action).capitalize(): {}}}
        for rule, action in sorted((group.get("overrides") or {}).items())
    ]
    statement: Rule = {"VendorName": group.get("vendor") or "AWS", "Name": group["name"]}
    if group.get("version"):
        statement["Version"] = group["version"]
    if overrides:
        statement["RuleActionOverrides"] = overrides
    return {
        "Name": group["name"],
        "Priority": MANAGED_PRIORITY + place,
        "Statement": {"ManagedRuleGroupStatement": statement},
        "OverrideAction": {"Count": {}} if group.get("count") else {"None": {}},
    }


def canonical_rules(rules: Iterable[Mapping[str, Any]]) -> list[Rule]:
    """The rules of a web ACL as WAF describes it, in the order in which they are asked."""
    return sorted((canonical_rule(rule) for rule in rules), key=lambda rule: int(rule["Priority"]))


def canonical_rule(rule: Mapping[str, Any]) -> Rule:
    """AWS's shape of a rule with names of address sets, its defaults, and no empty lists."""
    cleaned: Rule = _cleaned(rule)
    return cleaned


def _cleaned(value: Any, key: str = "") -> Any:
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, Mapping):
        found = {name: _cleaned(each, name) for name, each in value.items() if each is not None and each != []}
        return {**_defaults(key), **found}
    if isinstance(value, (list, tuple)):
        items = [_cleaned(each) for each in value]
        return sorted(items, key=lambda each: str(each["Name"])) if key == "RuleActionOverrides" else items
    if key == "ARN" and isinstance(value, str):
        found_name = SET_PLACE.search(value)
        return found_name["name"] if found_name else value
    return value


def _defaults(key: str) -> Rule:
    return {"EvaluationWindowSec": DEFAULT_WINDOW} if key == "RateBasedStatement" else {}


def rules_call(rules: Iterable[Mapping[str, Any]], arns: Mapping[str, str]) -> list[Rule]:
    """The rules as WAF's calls take them; `arns` are those of the address sets by name."""
    return [_called(rule, arns) for rule in rules]


def _called(value: Any, arns: Mapping[str, str], key: str = "") -> Any:
    if isinstance(value, Mapping):
        return {name: _called(each, arns, name) for name, each in value.items()}
    if isinstance(value, list):
        return [_called(each, arns) for each in value]
    if key == "SearchString":
        return str(value).encode()
    return arns.get(value, value) if key == "ARN" else value


# --- logging ----------------------------------------------------------------------------------------------------------

KEPT_ACTIONS = ("BLOCK", "COUNT")
FILTERS: dict[str, Rule | None] = {
    "all": None,
    "blocked": {
        "DefaultBehavior": "DROP",
        "Filters": [
            {
                "Behavior": "KEEP",
                "Requirement": "MEETS_ANY",
                "Conditions": [{"ActionCondition": {"Action": action}} for action in KEPT_ACTIONS],
            }
        ],
    },
}


def wanted_logging(name: str, options: Mapping[str, Any] | None) -> State:
    """Where requests are logged: `{log_group, redact, requests}`, or nothing. Raises PlanRefused for a wrong name."""
    if not options:
        return {}
    group = options["log_group"]
    if not group.startswith(LOG_PREFIX):
        raise PlanRefused(f"web ACL {name}: the name of its log group begins with {LOG_PREFIX}, got {group}")
    redacted = sorted({*(f"header {each.lower()}" for each in options.get("redact_headers") or [])})
    return {"log_group": group, "redact": redacted, "requests": options.get("requests") or "all"}


def observed_logging(configuration: Mapping[str, Any] | None) -> State:
    """The same from WAF's configuration."""
    if not configuration:
        return {}
    destination = str((configuration.get("LogDestinationConfigs") or [""])[0])
    group = destination.partition(":log-group:")[2].removesuffix(":*") or destination
    redacted = sorted(_field(each) for each in configuration.get("RedactedFields") or [])
    given = _cleaned(configuration.get("LoggingFilter") or {}) or None
    requests = next((name for name, each in FILTERS.items() if each == given), "others")
    return {"log_group": group, "redact": redacted, "requests": requests}


def _field(field: Mapping[str, Any]) -> str:
    for key, value in field.items():
        if value is not None:
            return f"header {value['Name'].lower()}" if key == "SingleHeader" else str(key)
    return ""


def logging_call(arn: str, logging: Mapping[str, Any]) -> Rule:
    """The configuration as WAF's call takes it; `arn` is the web ACL's, and says account and region."""
    _arn, partition, _service, region, account, _rest = arn.split(":", 5)
    destination = f"arn:{partition}:logs:{region}:{account}:log-group:{logging['log_group']}"
    redacted = [{"SingleHeader": {"Name": each.removeprefix("header ")}} for each in logging["redact"]]
    given = FILTERS[logging["requests"]]
    return {
        "ResourceArn": arn,
        "LogDestinationConfigs": [destination],
        **({"RedactedFields": redacted} if redacted else {}),
        **({"LoggingFilter": given} if given else {}),
    }
