# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Distributions, policies and functions of an account as CloudFront describes them."""

from __future__ import annotations

import random
import string
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from simulator.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.overlay import Context
    from simulator.world import World

Item = dict[str, Any]


@dataclass
class Distribution:
    """One distribution; `config` is complete, with AWS's defaults."""

    identifier: str
    arn: str
    domain: str
    config: Item
    etag: str
    status: str = "InProgress"
    live: Item | None = None
    """What the edges serve: the configuration that was deployed last; None before the first deployment."""
    modified: datetime = field(default_factory=lambda: datetime.now(UTC))
    deployments: int = 0
    """Counts changes: the end of an earlier deployment does not end a later one."""
    tags: dict[str, str] = field(default_factory=dict)
    invalidations: dict[str, Item] = field(default_factory=dict)


@dataclass
class Kept:
    """A policy, an origin access control: a configuration with an id and an ETag."""

    identifier: str
    config: Item
    etag: str
    managed: bool = False
    modified: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass
class Function:
    """A CloudFront function; stages by name, each with code and ETag."""

    name: str
    arn: str
    config: Item
    created: datetime
    stages: dict[str, Item] = field(default_factory=dict)


@dataclass
class Cdn:
    """Everything of an account; CloudFront has no regions."""

    distributions: dict[str, Distribution] = field(default_factory=dict)
    kept: dict[str, dict[str, Kept]] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)


def cdn(context: Context) -> Cdn:
    return context.store(Cdn, region="")


def all_distributions(world: World) -> Iterator[tuple[str, Distribution]]:
    """Account and distribution, over all accounts."""
    for account, _region, store in world.stores(Cdn):
        for distribution in list(store.distributions.values()):
            yield account, distribution


def new_id() -> str:
    """As CloudFront makes ids and ETags: E and 13 letters and digits."""
    return "E" + "".join(random.choices(string.ascii_uppercase + string.digits, k=13))  # noqa: S311 - no secret


def find_distribution(context: Context, identifier: str) -> Distribution:
    found = cdn(context).distributions.get(identifier)
    if found is None:
        raise AwsError("NoSuchDistribution", "The specified distribution does not exist.", 404)
    return found


def require_match(given: str | None, etag: str) -> None:
    """IfMatch must be there and must be the present ETag."""
    if not given:
        raise AwsError("InvalidIfMatchVersion", "The If-Match version is missing or not valid for the resource.", 400)
    if given != etag:
        message = "The request failed because it didn't meet the preconditions in one or more request-header fields."
        raise AwsError("PreconditionFailed", message, 412)


def behaviours(config: Item) -> list[Item]:
    """The default cache behaviour last, after those with paths."""
    return [*config["CacheBehaviors"].get("Items", []), config["DefaultCacheBehavior"]]


def listed(items: list[Any] | None) -> Item:
    """A list as CloudFront writes it, without Items where there are none."""
    return {"Quantity": len(items), "Items": items} if items else {"Quantity": 0}


def items_of(value: Item | None) -> list[Any]:
    return list((value or {}).get("Items") or [])
