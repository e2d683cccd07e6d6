#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: alb_listener_rule
short_description: Manage rules of an application load balancer, and leave their weights to ECS
version_added: 0.1.0
description:
  - Creates, updates and deletes listener rules, which are found by their C(Name) tag.
  - A rule that forwards to several target groups gives all traffic to the first one when it is created. From then on
    the weights belong to whoever moves the traffic (ECS). This module manages which target groups are in a rule; it
    keeps the weights that it finds, and different weights are never a change.
  - When the set of target groups changes, those that stay keep their weights and new ones get none.
author: Monay platform engineers (@monay)
options:
  load_balancer:
    description: Name of the load balancer.
    type: str
    required: true
  rules:
    description: The rules.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the rule, its C(Name) tag.
        type: str
        required: true
      port:
        description: Port of the listener on which the rule stands.
        type: int
        default: 443
      priority:
        description:
          - Place among the rules of the listener, 1 to 50000; lower numbers are asked first.
          - Without it a new rule gets a free place, rules with more conditions before those with fewer, and an existing
            rule keeps its place.
        type: int
      hosts:
        description: Host names, with V(*) and V(?) as wildcards.
        type: list
        elements: str
      paths:
        description: Paths, with wildcards.
        type: list
        elements: str
      methods:
        description: HTTP methods.
        type: list
        elements: str
      source_cidrs:
        description: Networks or addresses of clients.
        type: list
        elements: str
      headers:
        description: Headers, all of which must match.
        type: list
        elements: dict
        suboptions:
          name:
            description: Name of the header.
            type: str
            required: true
          values:
            description: Values of which one must match, with wildcards.
            type: list
            elements: str
            required: true
      query:
        description: Parameters of the query, of which one must match.
        type: list
        elements: dict
        suboptions:
          key:
            description: Name of the parameter. Any without it.
            type: str
          value:
            description: Its value, with wildcards.
            type: str
            required: true
      forward:
        description: Names of target groups. The first one gets all traffic of a new rule.
        type: list
        elements: str
      stickiness:
        description: Seconds for which a client stays with a target group. V(0) is off.
        type: int
        default: 0
      redirect:
        description: Send the client elsewhere. What is not said stays as it was asked for.
        type: dict
        suboptions:
          protocol:
            description: V(HTTP), V(HTTPS) or V(#{protocol}).
            type: str
          port:
            description: Port.
            type: str
          host:
            description: Host name.
            type: str
          path:
            description: Path, beginning with a slash.
            type: str
          query:
            description: Query, without the question mark.
            type: str
          code:
            description: HTTP status.
            type: int
            choices: [301, 302]
            default: 301
      fixed_response:
        description: Answer without asking anybody.
        type: dict
        suboptions:
          code:
            description: HTTP status.
            type: int
            required: true
          content_type:
            description: Type of the body.
            type: str
            choices: [text/plain, text/css, text/html, application/javascript, application/json]
            default: text/plain
          body:
            description: The body.
            type: str
      tags:
        description: Tags of this rule.
        type: dict
  state:
    description: Whether the rules exist.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - monay.platform.platform
  - monay.platform.platform.tags
"""

EXAMPLES = r"""
- name: Lead the application's host to its target groups, and the test listener to those of the next version
  monay.platform.alb_listener_rule:
    region: eu-west-1
    load_balancer: monay-dev
    rules:
      - name: monay-dev-admin
        port: 443
        hosts: [admin.dev.monay.example]
        forward: [monay-dev-admin-blue, monay-dev-admin-green]
      - name: monay-dev-admin-test
        port: 8443
        hosts: [admin.dev.monay.example]
        forward: [monay-dev-admin-blue, monay-dev-admin-green]
    tags:
      Project: monay
"""

RETURN = r"""
changes:
  description: What was changed, or would be in check mode.
  returned: always
  type: list
  elements: dict
  sample: [{action: update, kind: listener rule, name: monay-dev-admin, fields: [conditions]}]
resources:
  description: Each rule that exists at the end, by kind and name, with its priority and weights.
  returned: always
  type: dict
  sample:
    listener rule:
      monay-dev-admin:
        id: arn:aws:elasticloadbalancing:eu-west-1:111111111111:listener-rule/app/monay-dev/0123/4567/89ab
        priority: 40117
        weights: {monay-dev-admin-blue: 1, monay-dev-admin-green: 0}
"""

import typing as t

from ansible_collections.monay.platform.plugins.module_utils.aws.elbv2 import Balancing
from ansible_collections.monay.platform.plugins.module_utils.aws.elbv2_rule import ListenerRules
from ansible_collections.monay.platform.plugins.module_utils.aws.module import TAGS_SPEC, PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.core.alb_rule import wanted_action, wanted_conditions
from ansible_collections.monay.platform.plugins.module_utils.core.plan import State

HEADER_SPEC = dict(name=dict(type="str", required=True), values=dict(type="list", elements="str", required=True))
QUERY_SPEC = dict(key=dict(type="str", no_log=False), value=dict(type="str", required=True))
REDIRECT_SPEC = dict(
    protocol=dict(type="str"),
    port=dict(type="str"),
    host=dict(type="str"),
    path=dict(type="str"),
    query=dict(type="str"),
    code=dict(type="int", choices=[301, 302], default=301),
)
CONTENT_TYPES = ["text/plain", "text/css", "text/html", "application/javascript", "application/json"]
FIXED_RESPONSE_SPEC = dict(
    code=dict(type="int", required=True),
    content_type=dict(type="str", choices=CONTENT_TYPES, default="text/plain"),
    body=dict(type="str"),
)
RULE_SPEC = dict(
    name=dict(type="str", required=True),
    port=dict(type="int", default=443),
    priority=dict(type="int"),
    hosts=dict(type="list", elements="str"),
    paths=dict(type="list", elements="str"),
    methods=dict(type="list", elements="str"),
    source_cidrs=dict(type="list", elements="str"),
    headers=dict(type="list", elements="dict", options=HEADER_SPEC),
    query=dict(type="list", elements="dict", options=QUERY_SPEC),
    forward=dict(type="list", elements="str"),
    stickiness=dict(type="int", default=0),
    redirect=dict(type="dict", options=REDIRECT_SPEC),
    fixed_response=dict(type="dict", options=FIXED_RESPONSE_SPEC),
    tags=dict(type="dict"),
)


def state_of(item: dict[str, t.Any]) -> State:
    """The wanted state of one rule, without its tags."""
    return {
        "conditions": wanted_conditions(item["name"], item),
        "action": wanted_action(f"listener rule {item['name']}", item),
        "priority": item["priority"],
    }


def work(module: PlatformModule) -> t.NoReturn:
    rules = module.params["rules"]
    present = module.params["state"] == "present"
    wanted = {item["name"]: state_of(item) for item in rules} if present else {}
    ports = {item["name"]: item["port"] for item in rules}
    kind = ListenerRules(Balancing(module.api("elbv2")), module.params["load_balancer"], ports, wanted)
    module.reconcile(module.listed(kind, "rules", lambda item: wanted[item["name"]]))


def main() -> None:
    PlatformModule(
        argument_spec=dict(
            load_balancer=dict(type="str", required=True),
            rules=dict(type="list", elements="dict", required=True, options=RULE_SPEC),
            state=dict(type="str", choices=["present", "absent"], default="present"),
            **TAGS_SPEC,
        )
    ).run(work)


if __name__ == "__main__":
    main()
