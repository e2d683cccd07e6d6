# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Load balancers as AWS describes them, their listeners, rules, target groups and targets, and who uses what."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from simulator.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.overlay import Context

Item = dict[str, Any]


@dataclass
class Target:
    """One registered target; `state` and `reason` as DescribeTargetHealth says them."""

    identifier: str
    port: int
    zone: str | None
    state: str = "unused"
    reason: str = "Target.NotRegistered"
    description: str = ""
    registration: int = 0
    """Counts registrations, so that the end of an old draining does not remove a target that came back."""


@dataclass
class Balancing:
    """Everything of an account and region, by ARN; descriptions have AWS's own members."""

    balancers: dict[str, Item] = field(default_factory=dict)
    groups: dict[str, Item] = field(default_factory=dict)
    listeners: dict[str, Item] = field(default_factory=dict)
    rules: dict[str, Item] = field(default_factory=dict)
    attributes: dict[str, dict[str, str]] = field(default_factory=dict)
    """Of balancers, target groups and listeners."""
    certificates: dict[str, list[str]] = field(default_factory=dict)
    """Further certificates of a listener, chosen by SNI."""
    targets: dict[str, dict[tuple[str, int], Target]] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)

    def listeners_of(self, balancer_arn: str) -> list[Item]:
        return [one for one in self.listeners.values() if one["LoadBalancerArn"] == balancer_arn]

    def rules_of(self, listener_arn: str) -> list[Item]:
        """By priority, the default rule last."""
        found = [one for arn, one in self.rules.items() if listener_of_rule(arn) == listener_arn]
        return sorted(found, key=lambda one: (one["IsDefault"], 0 if one["IsDefault"] else int(one["Priority"])))

    def balancers_of_group(self, group_arn: str) -> list[str]:
        """The load balancers whose rules forward to a target group."""
        found = {
            self.listeners[listener_of_rule(arn)]["LoadBalancerArn"]
            for arn, rule in self.rules.items()
            if group_arn in groups_of(rule["Actions"])
        }
        return sorted(found)

    def forget(self, arn: str) -> None:
        """Drop what belongs to a deleted thing."""
        for table in (self.attributes, self.certificates, self.tags, self.targets):
            table.pop(arn, None)


def listener_of_rule(rule_arn: str) -> str:
    """`…:listener-rule/app/NAME/LB/LISTENER/RULE` names its listener."""
    return rule_arn.replace(":listener-rule/", ":listener/").rpartition("/")[0]


def groups_of(actions: list[Item]) -> list[str]:
    """The target groups that actions forward to."""
    return [
        group["TargetGroupArn"]
        for action in actions
        if action["Type"] == "forward"
        for group in action["ForwardConfig"]["TargetGroups"]
    ]


def new_arn(context: Context, kind: str) -> str:
    """`kind` such as `targetgroup/NAME`."""
    return f"arn:aws:elasticloadbalancing:{context.region}:{context.account}:{kind}/{uuid.uuid4().hex[:16]}"


def balancing(context: Context) -> Balancing:
    return context.store(Balancing)


def find(context: Context, kind: str, arn: str) -> Item:
    """A load balancer, target group, listener or rule by its ARN."""
    tables = {"balancers": "LoadBalancer", "groups": "TargetGroup", "listeners": "Listener", "rules": "Rule"}
    found: Item | None = getattr(balancing(context), kind).get(arn)
    if found is None:
        raise AwsError(f"{tables[kind]}NotFound", NOT_FOUND[kind].format(arn))
    return found


NOT_FOUND = {
    "balancers": "Load balancer '{}' not found",
    "groups": "Target groups '{}' not found",
    "listeners": "Listener '{}' not found",
    "rules": "Rule '{}' not found",
}


def chosen(context: Context, kind: str, arns: list[str]) -> Iterator[Item]:
    yield from (find(context, kind, arn) for arn in arns)


def check_name(name: str, what: str) -> None:
    """Letters, digits and inner hyphens, at most 32 characters."""
    if len(name) > 32:
        raise invalid(f"The {what} name '{name}' cannot be longer than '32' characters")
    if not re.fullmatch(r"[A-Za-z0-9-]+", name):
        raise invalid(
            f"The {what} name '{name}' can only contain characters that are alphanumeric characters or hyphens(-)"
        )
    if name.startswith("-") or name.endswith("-"):
        raise invalid(f"The {what} name '{name}' cannot begin or end with a hyphen(-)")
    if name.startswith("internal-"):
        raise invalid(f"The {what} name '{name}' cannot begin with 'internal-'")


def invalid(message: str) -> AwsError:
    return AwsError("ValidationError", message)


def set_tags(context: Context, arn: str, tags: list[dict[str, str]]) -> None:
    """Add tags to what there is; at most 50."""
    table = balancing(context).tags.setdefault(arn, {})
    keys = [tag["Key"] for tag in tags]
    if len(set(keys)) != len(keys):
        raise AwsError("DuplicateTagKeys", "A tag key was specified more than once")
    if len({*table, *keys}) > 50:
        raise AwsError("TooManyTags", "The number of tags on the resource exceeds the limit of 50")
    table.update({tag["Key"]: tag.get("Value", "") for tag in tags})


def attribute_list(attributes: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in attributes.items()]


def change_attributes(known: dict[str, str], given: list[dict[str, str]], what: str) -> None:
    """Take new values for attributes that there are."""
    for attribute in given:
        if attribute["Key"] not in known:
            raise AwsError(
                "InvalidConfigurationRequest", f"{what} attribute key '{attribute['Key']}' is not recognized"
            )
        _check_value(attribute["Key"], attribute["Value"], known[attribute["Key"]])
    known.update({attribute["Key"]: attribute["Value"] for attribute in given})


# Least and greatest value of the attributes that are numbers.
RANGES = {
    "idle_timeout.timeout_seconds": (1, 4000),
    "client_keep_alive.seconds": (60, 604800),
    "deregistration_delay.timeout_seconds": (0, 3600),
    "slow_start.duration_seconds": (0, 900),
    "stickiness.lb_cookie.duration_seconds": (1, 604800),
    "stickiness.app_cookie.duration_seconds": (1, 604800),
}
CHOICES = {
    "routing.http.desync_mitigation_mode": ("monitor", "defensive", "strictest"),
    "routing.http.xff_header_processing.mode": ("append", "preserve", "remove"),
    "stickiness.type": ("lb_cookie", "app_cookie"),
    "load_balancing.algorithm.type": ("round_robin", "least_outstanding_requests", "weighted_random"),
    "load_balancing.algorithm.anomaly_mitigation": ("on", "off"),
    "load_balancing.cross_zone.enabled": ("true", "false", "use_load_balancer_configuration"),
}


def _check_value(key: str, value: str, present: str) -> None:
    def refuse(text: str) -> AwsError:
        return AwsError("InvalidConfigurationRequest", f"The value '{value}' of '{key}' must be {text}")

    if key in RANGES:
        least, most = RANGES[key]
        if not value.isdigit() or not least <= int(value) <= most:
            raise refuse(f"between {least} and {most}" + (" or 0" if key == "slow_start.duration_seconds" else ""))
        if key == "slow_start.duration_seconds" and 0 < int(value) < 30:
            raise refuse("0, or between 30 and 900")
    elif key in CHOICES:
        if value not in CHOICES[key]:
            raise refuse(f"one of {', '.join(CHOICES[key])}")
    elif present in ("true", "false") and value not in ("true", "false"):
        raise refuse("true or false")
