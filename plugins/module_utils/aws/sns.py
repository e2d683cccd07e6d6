# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""SNS: topics with their policy, key and subscriptions."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Mapping
from functools import partial

from ..core.plan import Observed, State
from ..core.policy import canonical_policy, policy_text
from ..core.tags import from_pairs, tag_changes, to_pairs
from ..core.topic import PENDING, listed, pairs, with_pending
from .api import Api
from .key_names import KeyNames
from .reconcile import Kind, Scope, side_by_side

GONE = {"NotFound", "NotFoundException", "ResourceNotFound"}
ATTRIBUTES = {"display_name": "DisplayName", "kms_key": "KmsMasterKeyId", "policy": "Policy"}


class Topics(Kind):
    """State: `display_name`, `kms_key` (alias, "" for none), `policy` (canonical), `subscriptions`, `tags`; `pending`
    has the subscriptions that nobody has confirmed, which count as made.
    """

    kind = "SNS topic"

    def __init__(self, sns: Api, keys: KeyNames) -> None:
        self.sns = sns
        self.keys = keys
        self._subscriptions: dict[str, dict[tuple[str, str], str]] = {}

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        topics = self.sns.pages("list_topics", "Topics", "list SNS topics")
        arns = {each["TopicArn"].rsplit(":", 1)[1]: each["TopicArn"] for each in topics}
        found = side_by_side({name: partial(self._find, arns[name]) for name in names if name in arns})
        return {name: topic for name, topic in found.items() if topic}

    def _find(self, arn: str) -> Observed | None:
        doing = f"read SNS topic {arn}"
        parts = side_by_side(
            {
                "topic": partial(self.sns.read, "get_topic_attributes", doing, GONE, TopicArn=arn),
                "tags": partial(self.sns.read, "list_tags_for_resource", doing, GONE, ResourceArn=arn),
                "subscriptions": partial(
                    self.sns.pages, "list_subscriptions_by_topic", "Subscriptions", doing, GONE, TopicArn=arn
                ),
            }
        )
        if parts["topic"] is None:
            return None
        attributes = parts["topic"]["Attributes"]
        arns = {(each["Protocol"], each["Endpoint"]): each["SubscriptionArn"] for each in parts["subscriptions"]}
        self._subscriptions[arn] = arns
        pending = [pair for pair, subscription in arns.items() if subscription == PENDING]
        state = {
            "display_name": attributes.get("DisplayName", ""),
            "kms_key": self.keys.alias(attributes.get("KmsMasterKeyId")),
            "policy": canonical_policy(attributes["Policy"]) if attributes.get("Policy") else {},
            "subscriptions": listed(arns),
            "pending": listed(pending),
            "tags": from_pairs((parts["tags"] or {}).get("Tags")),
        }
        return Observed(arn, state, {"arn": arn, "pending_confirmations": len(pending)})

    def settle(self, wanted: State, observed: State) -> State:
        if wanted.get("subscriptions") is None:
            return wanted
        return {**wanted, "subscriptions": with_pending(wanted["subscriptions"], observed["pending"])}

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        """Creating a topic that exists with the same attributes gives that topic, so it can be repeated."""
        attributes = {
            member: self._attribute(key, wanted[key]) for key, member in ATTRIBUTES.items() if wanted.get(key)
        }
        answer = self.sns.write(
            "create_topic",
            f"create SNS topic {name}",
            Name=name,
            Attributes=attributes,
            Tags=to_pairs(wanted.get("tags")),
        )
        state = {**wanted, "subscriptions": [], "pending": []}
        return Observed(answer["TopicArn"], state, {"arn": answer["TopicArn"]})

    def _attribute(self, key: str, value: t.Any) -> str:
        return policy_text(value) if key == "policy" else str(value)

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        chosen = set(fields)
        for key, member in ATTRIBUTES.items():
            if key in chosen:
                value = self._attribute(key, wanted[key])
                self.sns.write(
                    "set_topic_attributes",
                    f"set {member} of SNS topic {name}",
                    TopicArn=before.id,
                    AttributeName=member,
                    AttributeValue=value,
                )
        if "subscriptions" in chosen:
            self._set_subscriptions(name, before, wanted["subscriptions"])
        if "tags" in chosen:
            self._set_tags(name, before, wanted["tags"])

    def _set_subscriptions(self, name: str, before: Observed, wanted: list[Mapping[str, str]]) -> None:
        existing = pairs(before.state["subscriptions"])
        for protocol, endpoint in sorted(pairs(wanted) - existing):
            self.sns.write(
                "subscribe",
                f"subscribe {endpoint} to SNS topic {name}",
                TopicArn=before.id,
                Protocol=protocol,
                Endpoint=endpoint,
            )
        for pair in sorted(existing - pairs(wanted)):
            doing = f"unsubscribe {pair[1]} from SNS topic {name}"
            subscription = self._subscriptions[before.id][pair]
            self.sns.write("unsubscribe", doing, missing=GONE, SubscriptionArn=subscription)

    def _set_tags(self, name: str, before: Observed, tags: dict[str, str]) -> None:
        setting, removing = tag_changes(before.state["tags"], tags)
        if setting:
            self.sns.write("tag_resource", f"tag SNS topic {name}", ResourceArn=before.id, Tags=to_pairs(setting))
        if removing:
            self.sns.write("untag_resource", f"tag SNS topic {name}", ResourceArn=before.id, TagKeys=removing)

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        """Its subscriptions go with it."""
        self.sns.write("delete_topic", f"delete SNS topic {name}", missing=GONE, TopicArn=before.id)
