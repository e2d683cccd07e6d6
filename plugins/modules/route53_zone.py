#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: route53_zone
short_description: Manage a public hosted zone, or use one that is there
version_added: 0.1.0
description:
  - Creates, tags and deletes a public hosted zone of Route 53, and returns its name servers.
  - A zone that somebody else made is used and left alone. It is neither tagged nor deleted. One is ours when it has the
    tag C(ManagedBy=monay.platform) or the comment in O(comment).
author: Monay platform engineers (@monay)
options:
  name:
    description: Domain of the zone.
    type: str
    required: true
  comment:
    description: Comment of a zone that is made.
    type: str
    default: Managed by monay.platform
  create:
    description: Make the zone where it is not there. V(false) fails instead.
    type: bool
    default: true
  force:
    description: With O(state=absent), delete the zone with all records in it.
    type: bool
    default: false
  state:
    description: Whether the zone exists. V(absent) deletes it only when it is ours.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - monay.platform.platform
  - monay.platform.platform.tags
"""

EXAMPLES = r"""
- name: Have a zone for the environment
  monay.platform.route53_zone:
    region: eu-west-1
    name: dev.monay.example
    tags:
      Project: monay
"""

RETURN = r"""
changes:
  description: What was changed, or would be in check mode.
  returned: always
  type: list
  elements: dict
  sample: [{action: create, kind: hosted zone, name: dev.monay.example, fields: []}]
resources:
  description: The zone where it exists at the end, by kind and name, with the name servers to delegate to.
  returned: always
  type: dict
  sample:
    hosted zone:
      dev.monay.example: {id: Z0123456789ABCDEFGHIJ, owned: true, name_servers: [ns-1.awsdns-01.org]}
"""

import typing as t

from ansible_collections.monay.platform.plugins.module_utils.aws.module import TAGS_SPEC, PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.aws.reconcile import Request
from ansible_collections.monay.platform.plugins.module_utils.aws.route53_zone import Zones
from ansible_collections.monay.platform.plugins.module_utils.core.dns import canonical_name


def work(module: PlatformModule) -> t.NoReturn:
    options = module.params
    name, absent = canonical_name(options["name"]), options["state"] == "absent"
    kind = Zones(
        module.api("route53"),
        options["comment"],
        owned_only=absent,
        force=options["force"],
        must_exist=not absent and not options["create"],
    )
    if absent:
        module.reconcile(Request(kind, absent=frozenset({name})))
    wanted = {name: {"comment": options["comment"], "tags": module.tags_of(kind, {"name": name})}}
    module.reconcile(Request(kind, wanted, keep_tags=not options["purge_tags"]))


def main() -> None:
    PlatformModule(
        argument_spec=dict(
            name=dict(type="str", required=True),
            comment=dict(type="str", default="Managed by monay.platform"),
            create=dict(type="bool", default=True),
            force=dict(type="bool", default=False),
            state=dict(type="str", choices=["present", "absent"], default="present"),
            **TAGS_SPEC,
        )
    ).run(work)


if __name__ == "__main__":
    main()
