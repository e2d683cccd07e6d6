# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a status means for somebody who waits. Pure: the loop that asks AWS is elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ready", "pending", "failed"]


@dataclass(frozen=True)
class StatusTable:
    """The statuses of one kind of resource that end a wait; every other one means "not yet".

    `failed` holds the statuses from which AWS does not recover by itself, so that a wait ends at once.
    """

    ready: frozenset[str]
    failed: frozenset[str] = frozenset()

    def verdict(self, status: str) -> Verdict:
        if status in self.ready:
            return "ready"
        return "failed" if status in self.failed else "pending"


# Source: EC2 API, NatGateway.State. One that is being deleted does not come back.
NAT_GATEWAY = StatusTable(frozenset({"available"}), frozenset({"failed", "deleting"}))
# Source: RDS user guide, "Viewing Amazon RDS DB instance status".
RDS_INSTANCE = StatusTable(
    ready=frozenset({"available", "storage-optimization"}),
    failed=frozenset(
        {
            "failed",
            "inaccessible-encryption-credentials",
            "inaccessible-encryption-credentials-recoverable",
            "incompatible-create",
            "incompatible-network",
            "incompatible-option-group",
            "incompatible-parameters",
            "incompatible-restore",
            "insufficient-capacity",
            "restore-error",
            "stopped",
            "storage-full",
        }
    ),
)
# Source: ElastiCache API, ReplicationGroup.Status.
REPLICATION_GROUP = StatusTable(frozenset({"available"}), frozenset({"create-failed"}))
# Source: CloudFront API, Distribution.Status. Until it is deployed, some of its locations do what they did before.
CLOUDFRONT_DISTRIBUTION = StatusTable(frozenset({"Deployed"}))

# Source: ELBv2 API, LoadBalancerState.Code. An impaired one serves, and may get better by itself.
LOAD_BALANCER = StatusTable(frozenset({"active", "active_impaired"}), frozenset({"failed"}))

# Source: ACM API, CertificateDetail.Status.
CERTIFICATE = StatusTable(
    frozenset({"ISSUED"}), frozenset({"EXPIRED", "FAILED", "INACTIVE", "REVOKED", "VALIDATION_TIMED_OUT"})
)


FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0


def pause_after(waited: float) -> float:
    """Seconds to pause before looking again: a fortieth of what was waited, so that little is lost at the end."""
    return min(LONGEST_PAUSE, max(FIRST_PAUSE, waited / 40))
