# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Elastic Load Balancing: listeners with their certificates and default actions."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Mapping
from functools import partial

from ..core.alb_rule import action_call, forward_weights, live_forward, observed_action, settled_action
from ..core.plan import Observed, State
from .acm_names import CertificateNames
from .elbv2 import Balancing, Item, tags_argument
from .reconcile import Kind, Scope, side_by_side

GONE = frozenset({"ListenerNotFound"})
# A certificate that was issued a moment ago may not be known to ELB yet.
NOT_SEEN_YET = frozenset({"CertificateNotFound", "UnsupportedCertificate"})


class Listeners(Kind):
    """Listeners of one load balancer, named `<load balancer>:<port>`.

    State: `protocol`, `ssl_policy`, `certificate` (name or ARN), `extra_certificates`, `action`, `tags`.
    """

    kind = "listener"

    def __init__(
        self, balancing: Balancing, balancer: str, ports: Mapping[str, int], certificates: CertificateNames
    ) -> None:
        """`ports` are those of the listeners of this call, by name."""
        self.balancing = balancing
        self.elb = balancing.elb
        self.balancer = balancer
        self.ports = ports
        self.certificates = certificates
        self.wanted_certificates: dict[str, list[str]] = {}
        """The names of the certificates that each listener is to serve, for reading those that it serves."""

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        self.balancing.forget(self.balancer)
        wanted = {self.ports[name]: name for name in names}
        listeners = {wanted[each["Port"]]: each for each in self._listeners() if each["Port"] in wanted}
        arns = [each["ListenerArn"] for each in listeners.values()]
        tags = self.balancing.tags(arns, f"the listeners of load balancer {self.balancer}")
        served = side_by_side({name: partial(self._served, each) for name, each in listeners.items()})
        return {
            name: self._observed(name, each, served[name], tags.get(each["ListenerArn"], {}))
            for name, each in listeners.items()
        }

    def _listeners(self) -> list[Item]:
        return self.balancing.listeners(self.balancer)

    def _served(self, listener: Item) -> list[str]:
        """The certificates besides the default one."""
        if listener["Protocol"] != "HTTPS":
            return []
        doing = f"list the certificates of the listener on port {listener['Port']} of load balancer {self.balancer}"
        arn = listener["ListenerArn"]
        found = self.elb.pages("describe_listener_certificates", "Certificates", doing, GONE, ListenerArn=arn)
        return [each["CertificateArn"] for each in found if not each.get("IsDefault")]

    def _observed(self, name: str, listener: Item, served: list[str], tags: dict[str, str]) -> Observed:
        default = [each["CertificateArn"] for each in listener.get("Certificates") or []]
        wanted = self.wanted_certificates.get(name, [])
        secure = listener["Protocol"] == "HTTPS"
        state = {
            "protocol": listener["Protocol"],
            "ssl_policy": (listener.get("SslPolicy") or "") if secure else "",
            "certificate": self.certificates.name(default[0], wanted) if default else "",
            "extra_certificates": sorted(self.certificates.name(each, wanted) for each in served),
            "action": observed_action(listener["DefaultActions"], self.balancing.group_name),
            "tags": tags,
        }
        arn = listener["ListenerArn"]
        return Observed(arn, state, {"arn": arn, "port": listener["Port"]})

    def settle(self, wanted: State, observed: State) -> State:
        return {**wanted, "action": settled_action(wanted["action"], observed["action"])}

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        """AWS takes a port once, so sending the same creation twice makes one listener."""
        balancer = self.balancing.required_balancer(self.balancer)
        answer = self.elb.write(
            "create_listener",
            f"create listener {name}",
            missing={"DuplicateListener"},
            retry=NOT_SEEN_YET,
            LoadBalancerArn=balancer["LoadBalancerArn"],
            Port=self.ports[name],
            Protocol=wanted["protocol"],
            DefaultActions=self._action(wanted["action"], {}),
            **self._security(wanted),
            **tags_argument(wanted.get("tags")),
        )
        if answer is None:  # the answer to an earlier attempt was lost
            return self.observe(scope, [name])[name]
        return self._observed(name, answer["Listeners"][0], [], wanted.get("tags") or {})

    def _action(self, action: State, live: Mapping[str, int]) -> list[dict[str, t.Any]]:
        groups = [self.balancing.group_arn(group) for group in action.get("target_groups", [])]
        return action_call(action, forward_weights(groups, live))

    def _security(self, wanted: State) -> dict[str, t.Any]:
        if wanted["protocol"] != "HTTPS":
            return {}
        arn = self.certificates.arn(wanted["certificate"])
        return {"SslPolicy": wanted["ssl_policy"], "Certificates": [{"CertificateArn": arn}]}

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        fields = set(fields)
        if "tags" in fields:
            self.balancing.set_tags(f"listener {name}", before, wanted["tags"])
        # What is told is what changes; the protocol goes with the certificate that it needs.
        whole = {**before.state, **wanted}
        changes: dict[str, t.Any] = {}
        if fields & {"protocol", "ssl_policy", "certificate"}:
            changes = {"Protocol": whole["protocol"], **self._security(whole)}
        if "action" in fields:
            changes["DefaultActions"] = self._action(whole["action"], self._live(name, before.id))
        if changes:
            doing = f"change listener {name}"
            self.elb.write("modify_listener", doing, retry=NOT_SEEN_YET, ListenerArn=before.id, **changes)
        if "extra_certificates" in fields:
            self._set_extra(name, before, wanted["extra_certificates"])

    def _live(self, name: str, arn: str) -> dict[str, int]:
        """The weights at this moment: they belong to whoever moves the traffic."""
        found = self.elb.read("describe_listeners", f"read the weights of listener {name}", ListenerArns=[arn])
        return live_forward(found["Listeners"][0]["DefaultActions"])[0]

    def _set_extra(self, name: str, before: Observed, wanted: list[str]) -> None:
        """New ones first, so that no host is without a certificate."""
        current = before.state["extra_certificates"]
        added = [each for each in wanted if each not in current]
        removed = [each for each in current if each not in wanted]
        self._certify("add_listener_certificates", f"add certificates to listener {name}", before.id, added)
        self._certify("remove_listener_certificates", f"take certificates from listener {name}", before.id, removed)

    def _certify(self, operation: str, doing: str, listener: str, certificates: list[str]) -> None:
        if certificates:
            arns = [{"CertificateArn": self.certificates.arn(each)} for each in certificates]
            self.elb.write(operation, doing, retry=NOT_SEEN_YET, ListenerArn=listener, Certificates=arns)

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        self.elb.write("delete_listener", f"delete listener {name}", missing=GONE, ListenerArn=before.id)
