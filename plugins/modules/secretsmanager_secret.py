#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: secretsmanager_secret
short_description: Manage Secrets Manager secrets without ever seeing their values
version_added: 0.1.0
description:
  - Creates, updates and deletes secrets in AWS Secrets Manager.
  - The value is made at random when the secret is created, and sent to AWS alone. It is never read back, overwritten,
    returned, logged or shown in a diff. Values that cannot be made up (a key of a third party) are put in by their
    owner, in the AWS console or with C(aws secretsmanager put-secret-value).
  - A secret whose deletion is scheduled is restored, with the value that it had.
author: Monay platform engineers (@monay)
options:
  secrets:
    description: The secrets.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the secret. Refer to it by this name or by the full ARN that the module returns.
        type: str
        required: true
      description:
        description: What the secret is for.
        type: str
      kms_key:
        description:
          - Alias of the KMS key that encrypts the value, as in V(alias/monay-dev-secrets).
          - An empty string means AWS's own key.
        type: str
      generate:
        description: How the value is made when the secret is created. Without it, it is one password of 32 characters.
        type: dict
        suboptions:
          keys:
            description:
              - Makes the value a JSON object with a password under each of these keys, instead of one password.
              - A key that is added later does not change a value that exists.
            type: list
            elements: str
          length:
            description: Characters of a password, 8 to 4096.
            type: int
            default: 32
          exclude_characters:
            description: Characters that a password must not have.
            type: str
          exclude_punctuation:
            description: Make passwords of letters and digits only.
            type: bool
            default: false
      template:
        description: Keys of the JSON object that are not secret, such as a user name, with their values.
        type: dict
      policy:
        description: Resource policy of the secret. An empty dictionary removes it.
        type: dict
      replica_regions:
        description:
          - Regions that hold a copy of the secret, encrypted with AWS's own key there.
          - An empty list removes all copies.
        type: list
        elements: str
      tags:
        description: Tags of this secret.
        type: dict
  recovery_window_days:
    description: Days in which a deleted secret can be restored, 7 to 30.
    type: int
    default: 30
  force:
    description: Delete at once, without the days in which a secret can be restored.
    type: bool
    default: false
  state:
    description: Whether the secrets exist. V(absent) deletes their replicas too.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - monay.platform.platform
  - monay.platform.platform.tags
"""

EXAMPLES = r"""
- name: Make an access token for Redis
  monay.platform.secretsmanager_secret:
    region: eu-west-1
    secrets:
      - name: monay/dev/redis-auth
        description: Access token of Redis
        kms_key: alias/monay-dev-secrets
        generate:
          length: 64
          exclude_punctuation: true

- name: Make the keys of an application
  monay.platform.secretsmanager_secret:
    region: eu-west-1
    secrets:
      - name: monay/dev/monay-admin
        generate:
          keys: [SESSION_SECRET, JWT_SECRET]
        template:
          ISSUER: monay-admin

- name: Delete a secret for good
  monay.platform.secretsmanager_secret:
    region: eu-west-1
    secrets:
      - name: monay/dev/monay-admin
    state: absent
    force: true
"""

RETURN = r"""
changes:
  description: What was changed, or would be in check mode.
  returned: always
  type: list
  elements: dict
  sample: [{action: create, kind: secret, name: monay/dev/redis-auth, fields: []}]
resources:
  description: Each secret that exists at the end, by kind and name. Values are not among it.
  returned: always
  type: dict
  sample:
    secret:
      monay/dev/redis-auth:
        id: arn:aws:secretsmanager:eu-west-1:111111111111:secret:monay/dev/redis-auth-AbCdEf
        arn: arn:aws:secretsmanager:eu-west-1:111111111111:secret:monay/dev/redis-auth-AbCdEf
"""

import typing as t

from ansible_collections.monay.platform.plugins.module_utils.aws.key_names import KeyNames
from ansible_collections.monay.platform.plugins.module_utils.aws.module import TAGS_SPEC, PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.aws.secretsmanager import Secrets
from ansible_collections.monay.platform.plugins.module_utils.core.plan import PlanRefused
from ansible_collections.monay.platform.plugins.module_utils.core.secret import RECOVERY_DAYS, secret_state

GENERATE_SPEC = dict(
    keys=dict(type="list", elements="str", no_log=False),
    length=dict(type="int", default=32),
    exclude_characters=dict(type="str"),
    exclude_punctuation=dict(type="bool", default=False),
)
SECRET_SPEC = dict(
    name=dict(type="str", required=True),
    description=dict(type="str"),
    kms_key=dict(type="str", no_log=False),
    generate=dict(type="dict", options=GENERATE_SPEC),
    template=dict(type="dict"),
    policy=dict(type="dict"),
    replica_regions=dict(type="list", elements="str"),
    tags=dict(type="dict"),
)


def work(module: PlatformModule) -> t.NoReturn:
    items = {item["name"]: item for item in module.params["secrets"]}
    days = module.params["recovery_window_days"]
    if days not in RECOVERY_DAYS:
        raise PlanRefused(f"recovery_window_days is {days}; AWS takes {RECOVERY_DAYS[0]} to {RECOVERY_DAYS[-1]}")
    kind = Secrets(
        module.api("secretsmanager"),
        KeyNames(module.api("kms"), [item["kms_key"] for item in items.values()]),
        items,
        force=module.params["force"],
        recovery_days=days,
        deleting=module.params["state"] == "absent",
    )
    module.reconcile(module.listed(kind, "secrets", lambda item: secret_state(item, kind.manager.region)))


def main() -> None:
    PlatformModule(
        argument_spec=dict(
            # The list says what secrets are called and how they are made; no value is in it.
            secrets=dict(type="list", elements="dict", required=True, options=SECRET_SPEC, no_log=False),
            recovery_window_days=dict(type="int", default=30),
            force=dict(type="bool", default=False),
            state=dict(type="str", choices=["present", "absent"], default="present"),
            **TAGS_SPEC,
        )
    ).run(work)


if __name__ == "__main__":
    main()
