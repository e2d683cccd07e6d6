#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: alb_listener
short_description: Manage the listeners of an application load balancer
version_added: 0.1.0
description:
  - Creates, updates and deletes listeners with their certificates, TLS policies and default actions.
  - Certificates are found in ACM by their C(Name) tag. When a younger one takes a name over, it is served from then on.
  - Rules of the listeners are managed by M(monay.platform.alb_listener_rule), and left alone here.
author: Monay platform engineers (@monay)
options:
  load_balancer:
    description: Name of the load balancer.
    type: str
    required: true
  listeners:
    description: The listeners.
    type: list
    elements: dict
    required: true
    suboptions:
      port:
        description: Port on which it listens.
        type: int
        required: true
      protocol:
        description: Protocol that clients speak.
        type: str
        choices: [HTTP, HTTPS]
        default: HTTPS
      ssl_policy:
        description: AWS's name for the TLS versions and ciphers, with V(HTTPS).
        type: str
        default: ELBSecurityPolicy-TLS13-1-2-2021-06
      certificate:
        description: C(Name) tag or ARN of the certificate for clients that name no host, with V(HTTPS).
        type: str
      extra_certificates:
        description: C(Name) tags or ARNs of further certificates, chosen by the host that a client names (SNI).
        type: list
        elements: str
        default: []
      forward:
        description: Default action. Names of target groups; their weights belong to whoever moves the traffic.
        type: list
        elements: str
      stickiness:
        description: Seconds for which a client stays with a target group. V(0) is off.
        type: int
        default: 0
      redirect:
        description: Default action. Send the client elsewhere; what is not said stays as it was asked for.
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
        description: Default action. Answer without asking anybody.
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
        description: Tags of this listener.
        type: dict
  state:
    description: Whether the listeners exist. V(absent) deletes their rules too.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - monay.platform.platform
  - monay.platform.platform.tags
"""

EXAMPLES = r"""
- name: Redirect HTTP to HTTPS, and answer hosts that nobody serves
  monay.platform.alb_listener:
    region: eu-west-1
    load_balancer: monay-dev
    listeners:
      - port: 80
        protocol: HTTP
        redirect: {protocol: HTTPS, port: "443"}
      - port: 443
        certificate: monay-dev
        fixed_response: {code: 404, body: Not found}
    tags:
      Project: monay
"""

RETURN = r"""
changes:
  description: What was changed, or would be in check mode.
  returned: always
  type: list
  elements: dict
  sample: [{action: create, kind: listener, name: "monay-dev:443", fields: []}]
resources:
  description: Each listener that exists at the end, by kind and name.
  returned: always
  type: dict
  sample:
    listener:
      "monay-dev:443":
        id: arn:aws:elasticloadbalancing:eu-west-1:111111111111:listener/app/monay-dev/0123456789abcdef/fedcba9876543210
        port: 443
"""

import typing as t

from ansible_collections.monay.platform.plugins.module_utils.aws.acm_names import CertificateNames
from ansible_collections.monay.platform.plugins.module_utils.aws.elbv2 import Balancing
from ansible_collections.monay.platform.plugins.module_utils.aws.elbv2_listener import Listeners
from ansible_collections.monay.platform.plugins.module_utils.aws.module import TAGS_SPEC, PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.aws.reconcile import Request
from ansible_collections.monay.platform.plugins.module_utils.core.alb_rule import wanted_action
from ansible_collections.monay.platform.plugins.module_utils.core.plan import PlanRefused, State

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
LISTENER_SPEC = dict(
    port=dict(type="int", required=True),
    protocol=dict(type="str", choices=["HTTP", "HTTPS"], default="HTTPS"),
    ssl_policy=dict(type="str", default="ELBSecurityPolicy-TLS13-1-2-2021-06"),
    certificate=dict(type="str"),
    extra_certificates=dict(type="list", elements="str", default=[]),
    forward=dict(type="list", elements="str"),
    stickiness=dict(type="int", default=0),
    redirect=dict(type="dict", options=REDIRECT_SPEC),
    fixed_response=dict(type="dict", options=FIXED_RESPONSE_SPEC),
    tags=dict(type="dict"),
)


def state_of(name: str, item: dict[str, t.Any]) -> State:
    """The wanted state of one listener, without its tags."""
    secure = item["protocol"] == "HTTPS"
    if secure and not item["certificate"]:
        raise PlanRefused(f"listener {name} speaks HTTPS and needs a certificate")
    return {
        "protocol": item["protocol"],
        "ssl_policy": item["ssl_policy"] if secure else "",
        "certificate": item["certificate"] if secure else "",
        "extra_certificates": sorted(set(item["extra_certificates"])) if secure else [],
        "action": wanted_action(f"listener {name}", item),
    }


def work(module: PlatformModule) -> t.NoReturn:
    options = module.params
    items = {f"{options['load_balancer']}:{item['port']}": item for item in options["listeners"]}
    ports = {name: item["port"] for name, item in items.items()}
    certificates = CertificateNames(lambda: module.api("acm"))
    kind = Listeners(Balancing(module.api("elbv2")), options["load_balancer"], ports, certificates)
    if options["state"] == "absent":
        module.reconcile(Request(kind, absent=frozenset(items)))
    wanted = {name: {**state_of(name, item), "tags": module.tags_of(kind, item)} for name, item in items.items()}
    kind.wanted_certificates = {
        name: [state["certificate"], *state["extra_certificates"]] for name, state in wanted.items()
    }
    module.reconcile(Request(kind, wanted, keep_tags=not options["purge_tags"]))


def main() -> None:
    PlatformModule(
        argument_spec=dict(
            load_balancer=dict(type="str", required=True),
            listeners=dict(type="list", elements="dict", required=True, options=LISTENER_SPEC),
            state=dict(type="str", choices=["present", "absent"], default="present"),
            **TAGS_SPEC,
        )
    ).run(work)


if __name__ == "__main__":
    main()
