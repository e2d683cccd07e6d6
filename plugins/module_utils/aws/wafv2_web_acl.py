# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS WAF: address sets, web ACLs with their logging, and what they stand in front of."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from ..core.plan import Observed, PlanRefused, State
from ..core.tags import from_pairs, tag_changes, to_pairs
from ..core.web_acl import canonical_rules, logging_call, observed_logging, possible_sets, rules_call
from .api import Api, AwsError
from .reconcile import Kind, Scope, side_by_side
from .wafv2 import GONE, Item, listed

IP_SET = "IP set"
# What was made a moment ago may not be known everywhere in WAF.
NOT_SEEN_YET = frozenset({"WAFUnavailableEntityException"})
LOCKED = "WAFOptimisticLockException"
# Somebody else may change the same resource at the same time.
LOCK_ATTEMPTS = 5
# Settings of a web ACL that are not managed: an update that left them out would reset them.
KEPT = (
    "CustomResponseBodies",
    "CaptchaConfig",
    "ChallengeConfig",
    "TokenDomains",
    "AssociationConfig",
    "DataProtectionConfig",
    "OnSourceDDoSProtectionConfig",
)


class WafKind(Kind):
    """A kind that WAF changes under a lock token, which each read gives and each change uses up."""

    noun: t.ClassVar[str]
    """WAF's word in the names of its operations: "ip_set", "web_acl"."""
    key: t.ClassVar[str]
    """WAF's word in its answers: "IPSet", "WebACL"."""

    def __init__(self, waf: Api, scope: str) -> None:
        self.waf = waf
        self.scope = scope

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        wanted = set(names)
        items = listed(self.waf, f"list_{self.noun}s", f"{self.key}s", f"list {self.kind}s", self.scope)
        jobs = {each["Name"]: partial(self._read, each) for each in items if each["Name"] in wanted}
        return {name: found for name, found in side_by_side(jobs).items() if found}

    def _read(self, summary: Item) -> Observed | None:
        name, identifier, arn = summary["Name"], summary["Id"], summary["ARN"]
        found = self._get(name, identifier)
        if found is None:
            return None
        tags = self.waf.read("list_tags_for_resource", f"list tags of {self.kind} {name}", GONE, ResourceARN=arn)
        pairs = ((tags or {}).get("TagInfoForResource") or {}).get("TagList")
        return Observed(
            arn, {**self.state(found[self.key]), "tags": from_pairs(pairs)}, {"arn": arn, "waf_id": identifier}
        )

    def _get(self, name: str, identifier: str) -> Item | None:
        found = self.waf.read(
            f"get_{self.noun}", f"read {self.kind} {name}", GONE, Name=name, Scope=self.scope, Id=identifier
        )
        return t.cast("Item | None", found)

    def state(self, item: Item) -> State:
        """The canonical state, without tags."""
        raise NotImplementedError

    def make(self, scope: Scope, name: str, wanted: State, **params: t.Any) -> Observed:
        """Create under a name that WAF takes once, so that sending the same creation twice makes one."""
        tags: Item = {"Tags": to_pairs(wanted["tags"])} if wanted.get("tags") else {}
        answer = self.waf.write(
            f"create_{self.noun}",
            f"create {self.kind} {name}",
            missing={"WAFDuplicateItemException"},
            retry=NOT_SEEN_YET,
            Name=name,
            Scope=self.scope,
            **params,
            **tags,
        )
        if answer is None:  # the answer to an earlier attempt was lost
            return self.observe(scope, [name])[name]
        summary = answer["Summary"]
        return Observed(
            summary["ARN"],
            {**wanted, "tags": wanted.get("tags") or {}},
            {"arn": summary["ARN"], "waf_id": summary["Id"]},
        )

    def locked(self, operation: str, doing: str, name: str, before: Observed, build: Callable[[Item], Item]) -> None:
        """Change under a fresh lock token; read and change again when somebody was quicker. What is gone stays gone."""
        for attempt in range(1, LOCK_ATTEMPTS + 1):
            found = self._get(name, before.facts["waf_id"])
            if found is None:
                return
            try:
                self.waf.write(
                    operation,
                    doing,
                    missing=GONE if operation.startswith("delete") else (),
                    retry=NOT_SEEN_YET | {"WAFAssociatedItemException"},
                    Name=name,
                    Scope=self.scope,
                    Id=before.facts["waf_id"],
                    LockToken=found["LockToken"],
                    **build(found.get(self.key) or {}),
                )
            except AwsError as error:
                if error.code != LOCKED or attempt == LOCK_ATTEMPTS:
                    raise
            else:
                return

    def set_tags(self, name: str, before: Observed, tags: Mapping[str, str]) -> None:
        setting, removing = tag_changes(before.state["tags"], tags)
        doing = f"tag {self.kind} {name}"
        if setting:
            self.waf.write("tag_resource", doing, ResourceARN=before.id, Tags=to_pairs(setting))
        if removing:
            self.waf.write("untag_resource", doing, ResourceARN=before.id, TagKeys=removing)

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        self.locked(f"delete_{self.noun}", f"delete {self.kind} {name}", name, before, lambda _item: {})


class IpSets(WafKind):
    """Sets of networks of one version, which is the end of their name. State: `addresses`, `tags`."""

    kind = IP_SET
    noun = "ip_set"
    key = "IPSet"

    def state(self, item: Item) -> State:
        return {"addresses": sorted(item["Addresses"])}

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        version = name.rpartition("-")[2].upper()
        return self.make(scope, name, wanted, IPAddressVersion=version, Addresses=wanted["addresses"])

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        if "addresses" in fields:
            addresses = {"Addresses": wanted["addresses"]}
            self.locked("update_ip_set", f"set the addresses of IP set {name}", name, before, lambda _item: addresses)
        if "tags" in fields:
            self.set_tags(name, before, wanted["tags"])


class OwnIpSets(IpSets):
    """The address sets that belong to one web ACL: those that it does not use any more are seen too."""

    def __init__(self, waf: Api, scope: str, web_acl: str) -> None:
        super().__init__(waf, scope)
        self.web_acl = web_acl

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        return super().observe(scope, {*names, *possible_sets(self.web_acl)})


class WebAcls(WafKind):
    """State: `description`, `default_action`, `rules` (see core.web_acl), `visibility`, `logging`, `tags`."""

    kind = "web ACL"
    noun = "web_acl"
    key = "WebACL"
    after = (IP_SET,)

    def state(self, item: Item) -> State:
        arn = item["ARN"]
        doing = f"read the logging of web ACL {item['Name']}"
        logging = self.waf.read("get_logging_configuration", doing, GONE, ResourceArn=arn)
        return {
            "description": item.get("Description") or "",
            "default_action": next(iter(item["DefaultAction"])).lower(),
            "rules": canonical_rules(item.get("Rules") or []),
            "visibility": item["VisibilityConfig"],
            "logging": observed_logging((logging or {}).get("LoggingConfiguration")),
        }

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        made = self.make(scope, name, wanted, **self._settings(scope, wanted))
        return Observed(made.id, {**made.state, "logging": {}}, made.facts)

    def _settings(self, scope: Scope, wanted: State) -> Item:
        arns = {name: found.id for name, found in scope.of_kind(IP_SET).items()}
        description = {"Description": wanted["description"]} if wanted["description"] else {}
        return {
            "DefaultAction": {wanted["default_action"].capitalize(): {}},
            "Rules": rules_call(wanted["rules"], arns),
            "VisibilityConfig": wanted["visibility"],
            **description,
        }

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        fields = set(fields)
        if fields - {"logging", "tags"}:
            whole = {**before.state, **wanted}

            def build(item: Item) -> Item:
                kept = {key: item[key] for key in KEPT if item.get(key)}
                return {**kept, **self._settings(scope, whole)}

            self.locked("update_web_acl", f"change web ACL {name}", name, before, build)
        if "tags" in fields:
            self.set_tags(name, before, wanted["tags"])
        if "logging" in fields:
            self._set_logging(name, before.id, wanted["logging"])

    def _set_logging(self, name: str, arn: str, logging: State) -> None:
        if not logging:
            doing = f"end the logging of web ACL {name}"
            self.waf.write("delete_logging_configuration", doing, missing=GONE, ResourceArn=arn)
            return
        doing = f"log web ACL {name} to {logging['log_group']}"
        # The log group may be seconds old.
        retry = {"WAFLogDestinationPermissionIssueException", *NOT_SEEN_YET}
        self.waf.write("put_logging_configuration", doing, retry=retry, LoggingConfiguration=logging_call(arn, logging))

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        """Load balancers are let go first; a distribution must be told to leave by whoever manages it."""
        if self.scope == "REGIONAL":
            doing = f"find what stands behind web ACL {name}"
            kind = "APPLICATION_LOAD_BALANCER"
            found = self.waf.read("list_resources_for_web_acl", doing, GONE, WebACLArn=before.id, ResourceType=kind)
            for arn in (found or {}).get("ResourceArns") or []:
                self.waf.write("disassociate_web_acl", f"take web ACL {name} from {arn}", missing=GONE, ResourceArn=arn)
        if before.state["logging"]:
            self._set_logging(name, before.id, {})
        try:
            super().delete(scope, name, before)
        except AwsError as error:
            if error.code != "WAFAssociatedItemException":
                raise
            raise PlanRefused(
                f"web ACL {name} still stands in front of something: {error}. Take it from there first (a distribution"
                " names it in web_acl), then run again"
            ) from error
