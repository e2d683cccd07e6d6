#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: wafv2_association
short_description: Put a web ACL of AWS WAF in front of a load balancer
version_added: 0.1.0
description:
  - Puts a web ACL in front of an application load balancer, in the place of another one, or takes it away.
  - The load balancer must be active.
author: Monay platform engineers (@monay)
options:
  load_balancer:
    description: Name of the load balancer.
    type: str
    required: true
  web_acl:
    description: Name of the web ACL. Required with O(state=present).
    type: str
  state:
    description: Whether a web ACL stands in front of the load balancer. V(absent) takes any away.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - monay.platform.platform
"""

EXAMPLES = r"""
- name: Put the web ACL in front of the load balancer
  monay.platform.wafv2_association:
    region: eu-west-1
    load_balancer: monay-dev
    web_acl: monay-dev-alb
"""

RETURN = r"""
changes:
  description: What was changed, or would be in check mode.
  returned: always
  type: list
  elements: dict
  sample: [{action: create, kind: web ACL association, name: monay-dev, fields: []}]
resources:
  description: The association where there is one at the end, by kind and name of the load balancer.
  returned: always
  type: dict
  sample: {web ACL association: {monay-dev: {id: "arn:aws:elasticloadbalancing:eu-west-1:111111111111:..."}}}
"""

import typing as t

from ansible_collections.monay.platform.plugins.module_utils.aws.elbv2 import Balancing
from ansible_collections.monay.platform.plugins.module_utils.aws.module import PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.aws.reconcile import Request
from ansible_collections.monay.platform.plugins.module_utils.aws.wafv2_association import Associations


def work(module: PlatformModule) -> t.NoReturn:
    options, name = module.params, module.params["load_balancer"]
    kind = Associations(module.api("wafv2"), Balancing(module.api("elbv2")))
    if options["state"] == "absent":
        module.reconcile(Request(kind, absent=frozenset({name})))
    module.reconcile(Request(kind, {name: {"web_acl": options["web_acl"]}}))


def main() -> None:
    PlatformModule(
        argument_spec=dict(
            load_balancer=dict(type="str", required=True),
            web_acl=dict(type="str"),
            state=dict(type="str", choices=["present", "absent"], default="present"),
        ),
        required_if=[("state", "present", ["web_acl"])],
    ).run(work)


if __name__ == "__main__":
    main()
