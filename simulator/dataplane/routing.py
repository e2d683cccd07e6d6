# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which rule a request meets, which target group and which target it goes to."""

from __future__ import annotations

import hashlib
import ipaddress
import random
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.dataplane.picture import Group, Rule, Target

Item = dict[str, Any]
LOCAL = ".localhost"
GROUP_COOKIE, TARGET_COOKIE = "AWSALBTG", "AWSALB"


@dataclass(slots=True)
class Request:
    """What conditions look at."""

    method: str
    host: str
    path: str
    query: str
    headers: dict[str, str]
    client: str


def host_of(value: str) -> tuple[str, bool]:
    """The host without port and without `.localhost`, with which browsers come; whether it had that."""
    host = value.rpartition(":")[0] if re.search(r":\d+$", value) else value
    host = host.lower()
    is_local = host.endswith(LOCAL)
    return host.removesuffix(LOCAL), is_local


@lru_cache(maxsize=4096)
def pattern(text: str, *, ignore_case: bool) -> re.Pattern[str]:
    """`*` stands for any characters, `?` for one."""
    escaped = re.escape(text).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(escaped, re.IGNORECASE if ignore_case else 0)


def _any(values: list[str], text: str, *, ignore_case: bool) -> bool:
    return any(pattern(value, ignore_case=ignore_case).fullmatch(text) for value in values)


def _query(config: Item, request: Request) -> bool:
    pairs = parse_qsl(request.query, keep_blank_values=True)
    for wanted in config["Values"]:
        value = pattern(wanted["Value"], ignore_case=True)
        key = pattern(wanted["Key"], ignore_case=True) if wanted.get("Key") else None
        if any((key is None or key.fullmatch(name)) and value.fullmatch(text) for name, text in pairs):
            return True
    return False


def _source(config: Item, request: Request) -> bool:
    address = ipaddress.ip_address(request.client)
    return any(address in ipaddress.ip_network(value, strict=False) for value in config["Values"])


MATCHERS: dict[str, tuple[str, Callable[[Item, Request], bool]]] = {
    "host-header": ("HostHeaderConfig", lambda config, request: _any(config["Values"], request.host, ignore_case=True)),
    "path-pattern": (
        "PathPatternConfig",
        lambda config, request: _any(config["Values"], request.path, ignore_case=False),
    ),
    "http-header": (
        "HttpHeaderConfig",
        lambda config, request: _any(
            config["Values"], request.headers.get(config["HttpHeaderName"].lower(), ""), ignore_case=True
        ),
    ),
    "http-request-method": ("HttpRequestMethodConfig", lambda config, request: request.method in config["Values"]),
    "query-string": ("QueryStringConfig", _query),
    "source-ip": ("SourceIpConfig", _source),
}


def matches(conditions: list[Item], request: Request) -> bool:
    """Whether all conditions hold."""
    for condition in conditions:
        name, matcher = MATCHERS[condition["Field"]]
        if not matcher(condition[name], request):
            return False
    return True


def rule_for(rules: tuple[Rule, ...], request: Request) -> Rule:
    """The first that matches; the last one is the default and matches always."""
    return next(rule for rule in rules if matches(rule.conditions, request))


def redirect(config: Item, request: Request, scheme: str, port: int) -> str:
    """Where a redirect action leads to."""
    present = {"protocol": scheme, "host": request.host, "port": str(port), "path": request.path.lstrip("/")}
    present["query"] = request.query

    def filled(text: str) -> str:
        return re.sub(r"#\{(protocol|host|port|path|query)\}", lambda found: present[found.group(1)], text)

    wanted_scheme = filled(config["Protocol"]).lower()
    query = filled(config["Query"])
    path = filled(config["Path"])
    return f"{wanted_scheme}://{filled(config['Host'])}:{filled(config['Port'])}{path}{'?' if query else ''}{query}"


def token(text: str) -> str:
    """What a stickiness cookie says of a target group or a target, without naming it."""
    return hashlib.sha256(text.encode()).hexdigest()[:40]


def choose_group(config: Item, cookies: dict[str, str]) -> str:
    """The target group by weight, or by the cookie of an earlier request; "" where none has a weight."""
    groups = [one for one in config["TargetGroups"] if one["Weight"] > 0]
    if not groups:
        return ""
    if config["TargetGroupStickinessConfig"].get("Enabled"):
        for one in groups:
            if cookies.get(GROUP_COOKIE) == token(one["TargetGroupArn"]):
                return str(one["TargetGroupArn"])
    if len(groups) == 1:
        return str(groups[0]["TargetGroupArn"])
    chosen = random.choices(groups, [one["Weight"] for one in groups])[0]  # noqa: S311 - chance, no secret
    return str(chosen["TargetGroupArn"])


class Turns:
    """Whose turn it is in each target group, and how many requests each target has under way."""

    def __init__(self) -> None:
        self._next: dict[str, int] = {}
        self.under_way: dict[tuple[str, int], int] = {}

    def choose(self, group: Group, cookies: dict[str, str]) -> Target | None:
        """A healthy target; any unhealthy one where all are unhealthy, as AWS fails open; None without targets."""
        usable = [target for target in group.targets if target.state == "healthy"]
        usable = usable or [target for target in group.targets if target.state == "unhealthy"]
        if not usable:
            return None
        if group.attributes["stickiness.enabled"] == "true":
            sticky = cookies.get(TARGET_COOKIE)
            for target in usable:
                if sticky == target_token(group, target):
                    return target
        if group.attributes["load_balancing.algorithm.type"] == "least_outstanding_requests":
            return min(usable, key=lambda one: self.under_way.get((one.identifier, one.port), 0))
        turn = self._next.get(group.arn, 0)
        self._next[group.arn] = turn + 1
        return usable[turn % len(usable)]


def target_token(group: Group, target: Target) -> str:
    return token(f"{group.arn} {target.identifier} {target.port}")


def cookies_of(header: str) -> dict[str, str]:
    """The cookies of a request."""
    found: dict[str, str] = {}
    for part in header.split(";"):
        name, equals, value = part.strip().partition("=")
        if equals:
            found.setdefault(name, value)
    return found
