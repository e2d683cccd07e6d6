#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: iam_oidc_provider
short_description: Manage an OpenID Connect provider that an account shares
version_added: 0.1.0
description:
  - Lets an issuer of OpenID Connect tokens, such as GitHub Actions, authenticate for roles of the account.
  - IAM takes one provider for each issuer. So the module adds to a provider that exists, and removes nothing of it.
  - A provider is ours when it has our values of the tags in O(ownership_tags). Only then its tags are managed and
    O(state=absent) deletes it.
author: Monay platform engineers (@monay)
options:
  url:
    description: URL of the issuer, beginning with C(https://).
    type: str
    required: true
  client_ids:
    description:
      - Audiences that tokens may be made for, such as V(sts.amazonaws.com). Others that the provider has stay.
      - Required with O(state=present).
    type: list
    elements: str
  thumbprints:
    description:
      - SHA-1 thumbprints of the certificate authority of the issuer, in hexadecimal.
      - Not needed for issuers whose authority AWS trusts, as it does for GitHub.
    type: list
    elements: str
  ownership_tags:
    description: Keys of the tags in O(tags) that say whose the provider is.
    type: list
    elements: str
    default: [Project, Environment, ManagedBy]
  state:
    description: Whether the provider exists. V(absent) leaves alone what is not ours, and warns about it.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - monay.platform.platform
  - monay.platform.platform.tags
"""

EXAMPLES = r"""
- name: Let GitHub Actions authenticate
  monay.platform.iam_oidc_provider:
    region: us-east-1
    url: https://token.actions.githubusercontent.com
    client_ids: [sts.amazonaws.com]
    tags:
      Project: monay
      Environment: dev
      ManagedBy: monay.platform
"""

RETURN = r"""
changes:
  description: What was changed, or would be in check mode.
  returned: always
  type: list
  elements: dict
  sample:
    - {action: create, kind: OpenID Connect provider, name: token.actions.githubusercontent.com, fields: []}
resources:
  description: The provider if it exists at the end, by kind and issuer.
  returned: always
  type: dict
  sample:
    OpenID Connect provider:
      token.actions.githubusercontent.com:
        id: arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com
        arn: arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com
"""

import typing as t

from ansible_collections.monay.platform.plugins.module_utils.aws.iam_oidc import OidcProviders
from ansible_collections.monay.platform.plugins.module_utils.aws.module import TAGS_SPEC, PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.aws.reconcile import Request, reconcile
from ansible_collections.monay.platform.plugins.module_utils.core.iam import provider_name


def work(module: PlatformModule) -> t.NoReturn:
    name = provider_name(module.params["url"])
    deleting = module.params["state"] == "absent"
    tags, ownership = module.params["tags"], module.params["ownership_tags"]
    kind = OidcProviders(module.api("iam"), tags, ownership, deleting=deleting)
    if deleting:
        plan, _scope = reconcile([Request(kind, absent=frozenset({name}))], check_mode=module.check_mode)
        for kept in kind.kept:
            module.warn(f"{kind.kind} {kept} stays: its tags {', '.join(ownership)} are not those of this task")
        module.exit_planned(plan, resources={})
    thumbprints = module.params["thumbprints"]
    wanted = {
        "client_ids": sorted(set(module.params["client_ids"])),
        "thumbprints": None if thumbprints is None else sorted({each.lower() for each in thumbprints}),
        "tags": module.tags_of(kind, {"name": name}),
    }
    module.reconcile(Request(kind, {name: wanted}, keep_tags=not module.params["purge_tags"]))


def main() -> None:
    PlatformModule(
        argument_spec=dict(
            url=dict(type="str", required=True),
            client_ids=dict(type="list", elements="str"),
            thumbprints=dict(type="list", elements="str"),
            ownership_tags=dict(type="list", elements="str", default=["Project", "Environment", "ManagedBy"]),
            state=dict(type="str", choices=["present", "absent"], default="present"),
            **TAGS_SPEC,
        ),
        required_if=[("state", "present", ["client_ids"])],
    ).run(work)


if __name__ == "__main__":
    main()
