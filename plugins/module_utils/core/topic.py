# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""SNS topics and their subscriptions in canonical form. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .plan import PlanRefused, State

PENDING = "PendingConfirmation"
# Subscribers who are asked first, by what their address must look like.
ASKED = {"email": "@", "email-json": "@", "http": "http://", "https": "https://"}


def wanted_subscriptions(topic: str, items: Iterable[Mapping[str, str]]) -> list[State]:
    """The subscriptions of the options, sorted. Raises PlanRefused for an address that does not fit."""
    found = {(each["protocol"], each["endpoint"]) for each in items}
    for protocol, endpoint in found:
        mark = ASKED.get(protocol, "arn:")
        if mark not in endpoint if mark == "@" else not endpoint.startswith(mark):
            raise PlanRefused(f"SNS topic {topic}: {endpoint} is no address for {protocol}; it needs {mark}")
    return listed(found)


def listed(pairs: Iterable[tuple[str, str]]) -> list[State]:
    """Protocol and endpoint as the state has them."""
    return [{"protocol": protocol, "endpoint": endpoint} for protocol, endpoint in sorted(set(pairs))]


def pairs(subscriptions: Iterable[Mapping[str, str]]) -> set[tuple[str, str]]:
    return {(each["protocol"], each["endpoint"]) for each in subscriptions}


def with_pending(wanted: list[State], pending: list[State]) -> list[State]:
    """Wanted, and what still waits for its confirmation: AWS lets nobody take that away, it ends by itself."""
    return listed(pairs(wanted) | pairs(pending))
