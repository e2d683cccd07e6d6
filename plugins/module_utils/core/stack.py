# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What stands of an environment, found by its tags. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from typing import Any

from .arn import Arn, parse_arn
from .table import table

Resource = dict[str, Any]
LIVE, GOING = "live", "pending deletion"


def resource(arn: str, tags: Mapping[str, str]) -> Resource:
    """One resource in the shape that `stack_info` returns. Names come from the `Name` tag or the ARN's end."""
    parsed = parse_arn(arn)
    return {
        "arn": arn,
        "kind": parsed.kind,
        "name": tags.get("Name") or _name(parsed),
        "region": parsed.region or "global",
        "component": tags.get("Component", ""),
        "state": LIVE,
    }


# Where the name stands in what an ARN ends in, for those that put more around it.
NAMES: dict[str, Callable[[str], str]] = {
    "autoscaling:autoScalingGroup": lambda end: end.rpartition("/")[2],
    "ecs:service": lambda end: end.rpartition("/")[2],
    "ecs:task": lambda end: end.rpartition("/")[2],
    "elasticloadbalancing:loadbalancer": lambda end: end.split("/")[-2],
    "elasticloadbalancing:targetgroup": lambda end: end.split("/")[0],
    # Secrets Manager puts a hyphen and six characters of its own behind a secret's name (API reference, `ARN`).
    "secretsmanager:secret": lambda end: end[:-7],
}


def _name(arn: Arn) -> str:
    return NAMES.get(arn.kind, str)(arn.name)


def summary(resources: Iterable[Mapping[str, Any]]) -> str:
    """A table of what stands: a line for each component and kind, with the names."""
    ordered = sorted(resources, key=lambda each: (each["component"], each["kind"], each["name"]))
    rows = []
    for (component, kind), group in groupby(ordered, key=lambda each: (each["component"], each["kind"])):
        names = [each["name"] for each in group]
        rows.append((component, kind, len(names), _short(names)))
    return table(("component", "kind", "count", "names"), rows)


def _short(names: list[str], most: int = 3) -> str:
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown}, …"
