# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Parameters of Redis OSS 7 and Valkey on ElastiCache (Amazon ElastiCache User Guide, "Engine specific parameters")."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Parameter:
    """One parameter; `allowed` as ElastiCache writes it: a range `0-10`, a list `yes,no`, or empty for any text."""

    kind: str
    allowed: str
    default: str
    modifiable: bool = True
    since: str = ""

    def allows(self, value: str) -> bool:
        ranged = re.fullmatch(r"(-?\d+)-(\d+)", self.allowed)
        if ranged:
            return bool(re.fullmatch(r"-?\d+", value)) and int(ranged[1]) <= int(value) <= int(ranged[2])
        return not self.allowed or value in self.allowed.split(",")

    def shown(self, name: str) -> dict[str, Any]:
        """As DescribeCacheParameters shows it when nobody set it."""
        item = {
            "ParameterName": name,
            "ParameterValue": self.default,
            "Description": name.replace("-", " "),
            "Source": "system",
            "DataType": self.kind,
            "IsModifiable": self.modifiable,
            "MinimumEngineVersion": "2.6.13",
            "ChangeType": "immediate",
        }
        return item | ({"AllowedValues": self.allowed} if self.allowed else {})


_INT = "0-2147483647"
_POLICIES = "volatile-lru,allkeys-lru,volatile-lfu,allkeys-lfu,volatile-random,allkeys-random,volatile-ttl,noeviction"
_BOOL = "yes,no"

PARAMETERS: dict[str, Parameter] = {
    "acllog-max-len": Parameter("integer", "1-10000", "128"),
    "activedefrag": Parameter("string", _BOOL, "no"),
    "active-defrag-cycle-max": Parameter("integer", "1-75", "75"),
    "active-defrag-cycle-min": Parameter("integer", "1-75", "5"),
    "active-defrag-ignore-bytes": Parameter("integer", "1048576-2147483647", "104857600"),
    "active-defrag-threshold-lower": Parameter("integer", "1-100", "10"),
    "active-defrag-threshold-upper": Parameter("integer", "1-100", "100"),
    "activerehashing": Parameter("string", _BOOL, "yes", modifiable=False),
    "appendfsync": Parameter("string", "always,everysec,no", "everysec", modifiable=False),
    "appendonly": Parameter("string", _BOOL, "no", modifiable=False),
    "client-output-buffer-limit-normal-hard-limit": Parameter("integer", _INT, "0"),
    "client-output-buffer-limit-pubsub-hard-limit": Parameter("integer", _INT, "33554432"),
    "client-output-buffer-limit-pubsub-soft-limit": Parameter("integer", _INT, "8388608"),
    "client-query-buffer-limit": Parameter("integer", "1048576-1073741824", "1073741824"),
    "close-on-replica-write": Parameter("string", _BOOL, "yes"),
    "cluster-allow-reads-when-down": Parameter("string", _BOOL, "no"),
    "cluster-enabled": Parameter("string", _BOOL, "no"),
    "cluster-require-full-coverage": Parameter("string", _BOOL, "no"),
    "databases": Parameter("integer", "1-1200000", "16"),
    "hash-max-listpack-entries": Parameter("integer", _INT, "512"),
    "hash-max-listpack-value": Parameter("integer", _INT, "64"),
    "hll-sparse-max-bytes": Parameter("integer", "1-16000", "3000"),
    "latency-tracking": Parameter("string", _BOOL, "no"),
    "lazyfree-lazy-eviction": Parameter("string", _BOOL, "no"),
    "lazyfree-lazy-expire": Parameter("string", _BOOL, "no"),
    "lazyfree-lazy-server-del": Parameter("string", _BOOL, "no"),
    "lazyfree-lazy-user-del": Parameter("string", _BOOL, "no"),
    "lfu-decay-time": Parameter("integer", _INT, "1"),
    "lfu-log-factor": Parameter("integer", "1-2147483647", "10"),
    "list-compress-depth": Parameter("integer", _INT, "0"),
    "list-max-listpack-size": Parameter("integer", "-5-2147483647", "-2"),
    "lua-time-limit": Parameter("integer", "5000-5000", "5000", modifiable=False),
    "maxclients": Parameter("integer", "1-65000", "65000", modifiable=False),
    "maxmemory-clients": Parameter("string", "", "0"),
    "maxmemory-policy": Parameter("string", _POLICIES, "volatile-lru"),
    "maxmemory-samples": Parameter("integer", "1-2147483647", "3"),
    "min-replicas-max-lag": Parameter("integer", _INT, "10"),
    "min-replicas-to-write": Parameter("integer", _INT, "0"),
    "notify-keyspace-events": Parameter("string", "", ""),
    "proto-max-bulk-len": Parameter("integer", "1048576-536870912", "536870912"),
    "rename-commands": Parameter("string", "", ""),
    "repl-backlog-size": Parameter("integer", "16384-2147483647", "1048576"),
    "repl-backlog-ttl": Parameter("integer", _INT, "3600"),
    "repl-timeout": Parameter("integer", "11-60", "60"),
    "replica-allow-chaining": Parameter("string", _BOOL, "no", modifiable=False),
    "replica-ignore-maxmemory": Parameter("string", _BOOL, "yes", modifiable=False),
    "replica-lazy-flush": Parameter("string", _BOOL, "no", modifiable=False),
    "reserved-memory-percent": Parameter("integer", "0-100", "25"),
    "set-max-intset-entries": Parameter("integer", _INT, "512"),
    "slowlog-log-slower-than": Parameter("integer", "-1-2147483647", "10000"),
    "slowlog-max-len": Parameter("integer", _INT, "128"),
    "stream-node-max-bytes": Parameter("integer", _INT, "4096"),
    "stream-node-max-entries": Parameter("integer", _INT, "100"),
    "tcp-keepalive": Parameter("integer", _INT, "300"),
    "timeout": Parameter("integer", _INT, "0"),
    "tracking-table-max-keys": Parameter("integer", "1-100000000", "1000000"),
    "zset-max-listpack-entries": Parameter("integer", _INT, "128"),
    "zset-max-listpack-value": Parameter("integer", _INT, "64"),
}
