# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who uses a certificate: listeners of its region, and the account's distributions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.overlays.cloudfront_model import Cdn
from simulator.overlays.elbv2_model import Balancing

if TYPE_CHECKING:
    from simulator.overlay import Context


def users_of(context: Context, arn: str) -> list[str]:
    """ARNs of load balancers and distributions."""
    store = context.store(Balancing)
    users = {
        listener["LoadBalancerArn"]
        for listener in store.listeners.values()
        if arn in [one["CertificateArn"] for one in listener.get("Certificates", [])]
        or arn in store.certificates.get(listener["ListenerArn"], [])
    }
    for distribution in context.store(Cdn, region="").distributions.values():
        if distribution.config["ViewerCertificate"].get("ACMCertificateArn") == arn:
            users.add(distribution.arn)
    return sorted(users)
