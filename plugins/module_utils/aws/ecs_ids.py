# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Names of what a service stands on, to ids and back: subnets, security groups, target groups, roles."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Mapping

from ..core.plan import PlanRefused, State
from .api import Api
from .data_names import NetworkNames
from .reconcile import side_by_side


class Ids:
    """Nothing is looked up before it is needed: what is an id or an ARN already stays as it is."""

    def __init__(self, network: NetworkNames, elbv2: Callable[[], Api], role_arn: Callable[[str], str]) -> None:
        self.network = network
        self.elbv2 = elbv2
        self.role_arn = role_arn
        self._groups: dict[str, str] = {}

    def names(self, values: Mapping[str, t.Any]) -> dict[str, str]:
        """Names of the subnets and security groups of a service, by id."""
        awsvpc = (values.get("networkConfiguration") or {}).get("awsvpcConfiguration") or {}
        found = side_by_side(
            {
                "subnets": lambda: self.network.subnet_names(awsvpc.get("subnets") or ()),
                "groups": lambda: self.network.group_names(awsvpc.get("securityGroups") or ()),
            }
        )
        return {**found["subnets"], **found["groups"]}

    def resolved(self, sending: State) -> State:
        """What is to be sent, with ids in place of names. Raises PlanRefused for what does not exist."""
        found = dict(sending)
        awsvpc = dict((sending.get("networkConfiguration") or {}).get("awsvpcConfiguration") or {})
        if awsvpc:
            awsvpc["subnets"] = self._all(awsvpc.get("subnets", []), "subnet-", self.network.subnet_ids)
            if awsvpc.get("securityGroups"):
                awsvpc["securityGroups"] = self._all(awsvpc["securityGroups"], "sg-", self.network.group_ids)
            found["networkConfiguration"] = {"awsvpcConfiguration": awsvpc}
        if sending.get("loadBalancers"):
            found["loadBalancers"] = [self._balancer(each) for each in sending["loadBalancers"]]
        return found

    @staticmethod
    def _all(given: list[str], prefix: str, find: Callable[[list[str]], list[str]]) -> list[str]:
        named = [each for each in given if not each.startswith(prefix)]
        return sorted({*(each for each in given if each not in named), *(find(named) if named else ())})

    def _balancer(self, balancer: State) -> State:
        found = {**balancer, "targetGroupArn": self._target_group(balancer["targetGroupArn"])}
        advanced = dict(balancer.get("advancedConfiguration") or {})
        if not advanced:
            return found
        if "alternateTargetGroupArn" in advanced:
            advanced["alternateTargetGroupArn"] = self._target_group(advanced["alternateTargetGroupArn"])
        if "roleArn" in advanced:
            advanced["roleArn"] = self.role_arn(advanced["roleArn"])
        for rule in ("productionListenerRule", "testListenerRule"):
            if not str(advanced.get(rule, "arn:")).startswith("arn:"):
                raise PlanRefused(f"{rule} {advanced[rule]} is not the ARN of a listener rule: create the rule first")
        return {**found, "advancedConfiguration": advanced}

    def _target_group(self, name: str) -> str:
        if name.startswith("arn:"):
            return name
        if name not in self._groups:
            answer = self.elbv2().read(
                "describe_target_groups", f"find target group {name}", {"TargetGroupNotFound"}, Names=[name]
            )
            if answer is None:
                raise PlanRefused(f"target group {name} does not exist: create it first (role service), or correct it")
            self._groups[name] = answer["TargetGroups"][0]["TargetGroupArn"]
        return self._groups[name]

    def serving(self, rules: list[str]) -> set[str]:
        """ARNs of the target groups to which the listener rules send traffic now."""
        if not rules:
            return set()
        answer = self.elbv2().read("describe_rules", "look where traffic goes", {"RuleNotFound"}, RuleArns=rules)
        return {
            group["TargetGroupArn"]
            for rule in (answer or {}).get("Rules", ())
            for action in rule["Actions"]
            for group in (action.get("ForwardConfig") or {}).get("TargetGroups") or ()
            if group.get("Weight", 1)
        }


def role_by_name(find: Callable[[str], str]) -> Callable[[str], str]:
    """A function from a role's name or ARN to its ARN."""
    return lambda role: role if role.startswith("arn:") else find(role)
