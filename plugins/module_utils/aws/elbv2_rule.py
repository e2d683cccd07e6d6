# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Elastic Load Balancing: listener rules, whose weights belong to ECS."""

from __future__ import annotations

import threading
import typing as t
from collections.abc import Iterable, Mapping
from functools import partial

from ..core.alb_rule import (
    action_call,
    automatic_priority,
    condition_call,
    forward_weights,
    live_forward,
    observed_action,
    observed_conditions,
    settled_action,
)
from ..core.plan import Observed, PlanRefused, State
from .elbv2 import Balancing, Item, tags_argument
from .reconcile import Kind, Scope, side_by_side

# Several runs may look for a free place at the same time.
PLACES_TRIED = 10


class ListenerRules(Kind):
    """Rules of the listeners of one load balancer, known by their `Name` tag.

    State: `conditions`, `action` (see core.alb_rule), `priority`, `tags`.
    """

    kind = "listener rule"
    named_by_tag = True

    def __init__(self, balancing: Balancing, balancer: str, ports: Mapping[str, int], wanted: Mapping[str, State]):
        """`ports` are those of the listeners on which the rules stand, by name of the rule."""
        self.balancing = balancing
        self.elb = balancing.elb
        self.balancer = balancer
        self.ports = ports
        self.wanted = wanted
        self._placing = threading.Lock()
        self._placed: set[str] = set()

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        wanted = set(names)
        listeners = {port: self.balancing.listener(self.balancer, port) for port in set(self.ports.values())}
        rules = side_by_side(
            {str(port): partial(self._rules, listener) for port, listener in listeners.items() if listener}
        )
        arns = [rule["RuleArn"] for each in rules.values() for rule in each]
        tags = self.balancing.tags(arns, f"the rules of load balancer {self.balancer}")
        found: dict[str, Observed] = {}
        for port, each in rules.items():
            for rule in each:
                name = tags.get(rule["RuleArn"], {}).get("Name", "")
                if name not in wanted or str(self.ports[name]) != port:
                    continue
                if name in found:
                    raise PlanRefused(
                        f"listener rule {name}: two rules on port {port} of load balancer {self.balancer} have this"
                        f" Name tag, with the priorities {found[name].state['priority']} and {rule['Priority']}; delete"
                        " the one that is not meant"
                    )
                found[name] = self._observed(rule, tags[rule["RuleArn"]])
        return found

    def _rules(self, listener: Item) -> list[Item]:
        """The rules of a listener besides its default one."""
        doing = f"list the rules on port {listener['Port']} of load balancer {self.balancer}"
        arn = listener["ListenerArn"]
        rules = self.elb.pages("describe_rules", "Rules", doing, {"ListenerNotFound"}, ListenerArn=arn)
        return [rule for rule in rules if rule["Priority"] != "default"]

    def _observed(self, rule: Item, tags: dict[str, str]) -> Observed:
        state = {
            "conditions": observed_conditions(rule),
            "action": observed_action(rule["Actions"], self.balancing.group_name),
            "priority": int(rule["Priority"]),
            "tags": tags,
        }
        weights, _stickiness = live_forward(rule["Actions"])
        facts = {
            "arn": rule["RuleArn"],
            "priority": int(rule["Priority"]),
            "weights": {self.balancing.group_name(arn): weight for arn, weight in weights.items()},
        }
        return Observed(rule["RuleArn"], state, facts)

    def settle(self, wanted: State, observed: State) -> State:
        return {**wanted, "action": settled_action(wanted["action"], observed["action"])}

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        """AWS takes a priority once, so sending the same creation twice makes one rule."""
        listener = self.balancing.required_listener(self.balancer, self.ports[name])
        groups = wanted["action"].get("target_groups", [])
        weights = forward_weights([self.balancing.group_arn(group) for group in groups], {})
        self._place(scope)
        for _attempt in range(PLACES_TRIED):
            priority = wanted.get("priority") or self._free_place(name, listener, wanted)
            answer = self.elb.write(
                "create_rule",
                f"create listener rule {name} with priority {priority}",
                missing={"PriorityInUse"},
                ListenerArn=listener,
                Priority=priority,
                Conditions=[condition_call(each) for each in wanted["conditions"]],
                Actions=action_call(wanted["action"], weights),
                **tags_argument(wanted.get("tags")),
            )
            if answer is not None:
                return self._observed(answer["Rules"][0], wanted.get("tags") or {})
            found = self.observe(scope, [name])
            if found:  # the answer to an earlier attempt was lost
                return found[name]
            if wanted.get("priority"):
                raise PlanRefused(
                    f"listener rule {name}: another rule on port {self.ports[name]} of load balancer {self.balancer}"
                    f" has priority {priority}; choose another one, or say none"
                )
        raise PlanRefused(f"listener rule {name}: {PLACES_TRIED} free priorities were taken meanwhile; run again")

    def _free_place(self, name: str, listener: str, wanted: State) -> int:
        rules = self._rules({"ListenerArn": listener, "Port": self.ports[name]})
        return automatic_priority(name, wanted["conditions"], {int(rule["Priority"]) for rule in rules})

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        fields = set(fields)
        if "tags" in fields:
            self.balancing.set_tags(f"listener rule {name}", before, wanted["tags"])
        if "priority" in fields:
            self._place(scope)
        changes: dict[str, t.Any] = {}
        if "conditions" in fields:
            changes["Conditions"] = [condition_call(each) for each in wanted["conditions"]]
        if "action" in fields:
            changes["Actions"] = action_call(wanted["action"], self._kept_weights(name, before.id, wanted["action"]))
        if changes:
            self.elb.write("modify_rule", f"change listener rule {name}", RuleArn=before.id, **changes)

    def _kept_weights(self, name: str, arn: str, action: State) -> dict[str, int]:
        """The weights that the rule has at this moment, not those of the beginning of the run."""
        groups = [self.balancing.group_arn(group) for group in action.get("target_groups", [])]
        if not groups:
            return {}
        rules = self.elb.read("describe_rules", f"read the weights of listener rule {name}", RuleArns=[arn])["Rules"]
        return forward_weights(groups, live_forward(rules[0]["Actions"])[0])

    def _place(self, scope: Scope) -> None:
        """Give all rules of the call the priorities that they want, at once: two may change places."""
        with self._placing:
            moving = {
                found.id: (name, self.wanted[name]["priority"])
                for name, found in scope.of_kind(self.kind).items()
                if self.wanted.get(name, {}).get("priority") not in (None, found.state["priority"])
                and name not in self._placed
            }
            if not moving:
                return
            self.elb.write(
                "set_rule_priorities",
                f"set the priorities of listener rules {', '.join(sorted(name for name, _place in moving.values()))}",
                RulePriorities=[{"RuleArn": arn, "Priority": place} for arn, (_name, place) in sorted(moving.items())],
            )
            self._placed |= {name for name, _place in moving.values()}

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        self.elb.write("delete_rule", f"delete listener rule {name}", missing={"RuleNotFound"}, RuleArn=before.id)
