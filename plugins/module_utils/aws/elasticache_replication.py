# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""ElastiCache: replication groups of Redis and Valkey, without cluster mode."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from ..core.cache import settled_group
from ..core.cache_state import APART, group_state, security_group_ids, settings_arguments
from ..core.plan import Observed, PlanRefused, State
from ..core.readiness import REPLICATION_GROUP
from ..core.tags import to_pairs
from .api import AmbiguousError, Api, AwsError
from .data_groups import ServiceTags
from .data_names import KeyNames, NetworkNames
from .elasticache_token import TokenSecret
from .reconcile import Kind, Scope, side_by_side
from .wait import wait_gone, wait_ready

GONE = {"ReplicationGroupNotFoundFault"}
# ElastiCache is busy with the group: taking a snapshot, or carrying out a change whose status is not shown yet.
BUSY = {"InvalidReplicationGroupState", "InvalidCacheClusterState"}

Renewal = t.Literal["keep", "rotate", "set"]


@dataclass(frozen=True)
class Policy:
    """How the caller wants a group to be changed and deleted.

    `timeout` is how many seconds to wait for a group that AWS is busy with before it is changed; `renewal` says what to
    do about a token that is not that of the secret.
    """

    timeout: float
    apply_immediately: bool = True
    allow_major: bool = False
    final_snapshot: bool = True
    renewal: Renewal = "keep"


class ReplicationGroups(Kind):
    """State: see core.cache_state, plus `token`: whether the group has the token that the secret holds now.

    Groups that are being deleted count as gone.
    """

    kind = "replication group"
    after: t.ClassVar[tuple[str, ...]] = ("cache subnet group", "cache parameter group")
    found_alone = True
    statuses = REPLICATION_GROUP
    immutable: t.ClassVar = {
        "engine": "Create a group of the other engine under another name, and move its users there.",
        "encrypted": "Take a snapshot and create an encrypted group from it under another name.",
        "kms_key": "Take a snapshot and create a group with the other key from it, or keep the key.",
        "transit_encryption": "Turn it on in two steps, by hand: first `preferred`, and when all users have changed,"
        " `required`.",
        "subnet_group": "Change the subnets in the group, or create a replication group under another name.",
        "port": "Create a replication group under another name, or keep the port.",
    }

    def __init__(
        self, cache: Api, network: NetworkNames, keys: KeyNames, token: TokenSecret | None, policy: Policy
    ) -> None:
        self.cache = cache
        self.network = network
        self.keys = keys
        self.token = token
        self.policy = policy
        self.tags = ServiceTags(cache)
        self._leaving: set[str] = set()

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        found = side_by_side({name: partial(self._find, name) for name in names})
        return {name: observed for name, observed in found.items() if observed}

    def describe(self, name: str) -> dict[str, t.Any] | None:
        """ElastiCache's description of the group, or None."""
        found = self.cache.read(
            "describe_replication_groups", f"find {self.kind} {name}", GONE, ReplicationGroupId=name
        )
        return found["ReplicationGroups"][0] if found else None

    def _find(self, name: str) -> Observed | None:
        group = self.describe(name)
        if group is None:
            return None
        if group["Status"] == "deleting":
            self._leaving.add(name)
            return None
        answers = side_by_side(
            {
                "members": lambda: members(self.cache, f"describe the nodes of {self.kind} {name}"),
                "tags": lambda: self._tags(name, group),
            }
        )
        member = next((each for each in answers["members"] if each.get("ReplicationGroupId") == name), None)
        state = group_state(
            group,
            member,
            key_name=self.keys.name,
            group_names=self.network.group_names(security_group_ids(member)),
            tags=answers["tags"],
        )
        return Observed(group["ARN"], state | self._token_state(group), _facts(group, member))

    def _tags(self, name: str, group: dict[str, t.Any]) -> dict[str, str] | None:
        """The tags, or None: ElastiCache refuses to list those of a group that it is busy with."""
        if group["Status"] not in REPLICATION_GROUP.ready:
            return None
        return self.tags.of(f"{self.kind} {name}", group["ARN"], BUSY)

    def _token_state(self, group: dict[str, t.Any]) -> State:
        """ElastiCache never tells a token, so that dates have to say whether it is the one in the secret."""
        if self.token is None or self.policy.renewal == "keep" or not group.get("AuthTokenEnabled"):
            return {}
        known = group.get("AuthTokenLastModifiedDate")
        # After a rotation both tokens are good, and nothing says so: `set` is done whenever it is asked for.
        if self.policy.renewal == "set" or known is None or known < self.token.changed_at():
            return {"token": "another"}
        return {"token": "that of the secret"}

    def settle(self, wanted: State, observed: State) -> State:
        return settled_group(self.kind, wanted, observed, allow_major=self.policy.allow_major)

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        if name in self._leaving:
            wait_gone(GroupsByName(self), scope, [name], self.policy.timeout)
            self._leaving.discard(name)
        answer = self.cache.write(
            "create_replication_group",
            f"create {self.kind} {name}",
            repeatable=False,
            ReplicationGroupId=name,
            Engine=wanted["engine"],
            NumCacheClusters=wanted.get("nodes", 1),
            CacheSubnetGroupName=wanted["subnet_group"],
            AtRestEncryptionEnabled=True,
            TransitEncryptionEnabled=True,
            TransitEncryptionMode="required",
            Tags=to_pairs(wanted.get("tags")),
            **self._create_extras(wanted),
        )
        group = answer["ReplicationGroup"]
        return Observed(group["ARN"], {"name": name, "tags": {}, **wanted}, _facts(group, None))

    def _create_extras(self, wanted: State) -> dict[str, t.Any]:
        arguments = settings_arguments({}, wanted, wanted.keys(), self.network.group_ids)
        # A new group has no topic to turn off.
        arguments.pop("NotificationTopicStatus", None)
        if not arguments.get("LogDeliveryConfigurations"):
            arguments.pop("LogDeliveryConfigurations", None)
        if wanted.get("kms_key"):
            arguments["KmsKeyId"] = self.keys.arn(wanted["kms_key"])
        if wanted.get("port"):
            arguments["Port"] = wanted["port"]
        if wanted.get("auth") and self.token:
            arguments["AuthToken"] = self.token.value()
        return arguments

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        """Tags, more nodes, settings, token, fewer nodes: in this order the group never has less than it needs."""
        changed = set(fields)
        missing = wanted.get("nodes", before.state["nodes"]) - before.state["nodes"]
        steps: list[Callable[[], None]] = []
        if "tags" in changed:
            what = f"{self.kind} {name}"
            steps.append(partial(self.tags.set, what, before.id, before.state["tags"], wanted["tags"]))
        if missing > 0:
            steps.append(partial(self._set_nodes, "increase", name, wanted["nodes"]))
        if changed - APART:
            steps.append(partial(self._set_settings, name, before.state, wanted, changed))
        if changed & {"auth", "token"}:
            steps.append(partial(self._set_token, name))
        if missing < 0:
            steps.append(partial(self._set_nodes, "decrease", name, wanted["nodes"]))
        for step in steps:
            # Each step begins a change that ElastiCache has to end before it takes the next one.
            self.await_ready(scope, name)
            step()

    def await_ready(self, scope: Scope, name: str) -> None:
        """Wait until ElastiCache takes changes of the group."""
        group = self.describe(name)
        if group is None or REPLICATION_GROUP.verdict(group["Status"]) != "ready":
            wait_ready(self, scope, [name], self.policy.timeout)

    def _set_nodes(self, way: str, name: str, nodes: int) -> None:
        self.cache.write(
            f"{way}_replica_count",
            f"{way} the nodes of {self.kind} {name} to {nodes}",
            missing={"NoOperationFault"},
            retry=BUSY,
            ReplicationGroupId=name,
            NewReplicaCount=nodes - 1,
            ApplyImmediately=True,
        )

    def _set_settings(self, name: str, before: State, wanted: State, changed: set[str]) -> None:
        self._modify(
            name,
            f"change {', '.join(sorted(changed - APART))} of {self.kind} {name}",
            ApplyImmediately=self.policy.apply_immediately,
            **settings_arguments(before, wanted, changed, self.network.group_ids),
        )

    def _set_token(self, name: str) -> None:
        if self.token is None:
            raise PlanRefused(f"{self.kind} {name}: a new token needs auth_token_secret, the secret that holds it")
        way = "SET" if self.policy.renewal == "set" else "ROTATE"
        doing = f"{way.lower()} the access token of {self.kind} {name}"
        self._modify(name, doing, AuthToken=self.token.value(), AuthTokenUpdateStrategy=way, ApplyImmediately=True)

    def _modify(self, name: str, doing: str, **arguments: t.Any) -> None:
        self.cache.write("modify_replication_group", doing, retry=BUSY, ReplicationGroupId=name, **arguments)

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        if REPLICATION_GROUP.verdict(before.facts["status"]) == "pending":
            wait_ready(self, scope, [name], self.policy.timeout)
        final = {"FinalSnapshotIdentifier": final_snapshot_name(name, before)} if self.policy.final_snapshot else {}
        try:
            self.cache.write(
                "delete_replication_group",
                f"delete {self.kind} {name}",
                missing=GONE,
                retry=BUSY,
                repeatable=False,
                ReplicationGroupId=name,
                **final,
            )
        except AwsError as error:
            # Sent twice the deletion would be refused, so that a lost answer is answered by looking.
            lost = isinstance(error, AmbiguousError) or error.code in BUSY
            if not lost or self.observe(scope, [name]):
                raise


class GroupsByName(ReplicationGroups):
    """The same groups, with those that are being deleted: for waiting until they are gone."""

    def __init__(self, like: ReplicationGroups) -> None:
        super().__init__(like.cache, like.network, like.keys, like.token, like.policy)

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        found = {name: self.describe(name) for name in names}
        return {name: Observed(group["ARN"], {}, _facts(group, None)) for name, group in found.items() if group}


class GroupUsers(GroupsByName):
    """What is in a cache subnet group or has a cache parameter group, which cannot be deleted before it."""

    def wait_free(self, group: str) -> None:
        """Wait until nothing uses the group. Raises PlanRefused for what is not even being deleted."""
        found = [each for each in members(self.cache, f"find what uses {group}") if group in _groups(each)]
        staying = [each["CacheClusterId"] for each in found if each["CacheClusterStatus"] != "deleting"]
        if staying:
            raise PlanRefused(f"group {group} cannot be deleted: cache {', '.join(staying)} uses it; delete it first")
        names = sorted({each["ReplicationGroupId"] for each in found if each.get("ReplicationGroupId")})
        wait_gone(self, Scope(), names, self.policy.timeout)


def members(cache: Api, doing: str) -> list[dict[str, t.Any]]:
    """All nodes of the region, in one list: a group's own settings are told only by its nodes."""
    found: list[dict[str, t.Any]] = cache.pages("describe_cache_clusters", "CacheClusters", doing)
    return found


def final_snapshot_name(name: str, group: Observed) -> str:
    """Name of the snapshot that survives a group: the same in a second try, another for the next group of the name."""
    created = "".join(each for each in group.facts["created"] if each.isdigit())[:14]
    return f"{name}-final-{created}" if created else f"{name}-final"


def _groups(member: dict[str, t.Any]) -> set[str]:
    return {
        member.get("CacheSubnetGroupName", ""),
        (member.get("CacheParameterGroup") or {}).get("CacheParameterGroupName", ""),
    }


def _facts(group: dict[str, t.Any], member: dict[str, t.Any] | None) -> State:
    """What a caller may want to know of a group; the token is not known here."""
    shard: dict[str, t.Any] = next(iter(group.get("NodeGroups") or ()), {})
    primary, reader = shard.get("PrimaryEndpoint") or {}, shard.get("ReaderEndpoint") or {}
    created = group.get("ReplicationGroupCreateTime")
    return {
        "arn": group["ARN"],
        "status": group["Status"],
        "endpoint": primary.get("Address", ""),
        "reader_endpoint": reader.get("Address", ""),
        "port": primary.get("Port", 0),
        "engine_version": (member or {}).get("EngineVersion", ""),
        "created": created.isoformat() if created else "",
    }
