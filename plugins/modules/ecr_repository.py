#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ecr_repository
short_description: Manage ECR repositories and the replication of their registry
version_added: 0.1.0
description:
  - Creates, updates and deletes repositories for container images in Amazon ECR.
  - Manages the replication of repositories to other regions. A registry has one replication configuration; only the
    rule for O(replication.repository_prefix) is managed, all others are kept.
author: Monay platform engineers (@monay)
options:
  repositories:
    description: The repositories. A setting that is left out is left alone.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the repository, as in V(monay/dev/admin).
        type: str
        required: true
      image_tag_mutability:
        description: Whether a tag can be moved to another image.
        type: str
        choices: [IMMUTABLE, MUTABLE]
      scan_on_push:
        description: Look for known vulnerabilities in an image when it is pushed.
        type: bool
      encryption:
        description: How images are encrypted. It cannot be changed.
        type: dict
        suboptions:
          type:
            description: V(AES256) with keys of S3, V(KMS) with a key in KMS.
            type: str
            choices: [AES256, KMS]
            required: true
          kms_key:
            description: Alias of the KMS key, as in V(alias/monay-dev-data). Without it, AWS's own key is used.
            type: str
      lifecycle_policy:
        description:
          - Which images expire, as the document that ECR takes, with C(rules). An empty dictionary removes it.
        type: dict
      policy:
        description: Policy of the repository, with C(Statement). An empty dictionary removes it.
        type: dict
      tags:
        description: Tags of this repository.
        type: dict
  replication:
    description: The copies of repositories whose names begin alike. With O(state=absent) there are none any more.
    type: dict
    suboptions:
      repository_prefix:
        description: Beginning of the names, as in V(monay/prod/).
        type: str
        required: true
      regions:
        description: Regions of copies in the registry's own account.
        type: list
        elements: str
        default: []
      destinations:
        description:
          - Where other copies are.
          - Without any here and in O(replication.regions), it is as with O(state=absent).
        type: list
        elements: dict
        default: []
        suboptions:
          region:
            description: Region of the copies.
            type: str
            required: true
          account:
            description: Account of the copies, where it is not the registry's own.
            type: str
  force:
    description: Delete a repository with all its images. Without it, only empty repositories are deleted.
    type: bool
    default: false
  state:
    description: Whether the repositories and the replication exist.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - monay.platform.platform
  - monay.platform.platform.tags
"""

EXAMPLES = r"""
- name: Keep the last thirty releases of the admin application
  monay.platform.ecr_repository:
    region: eu-west-1
    repositories:
      - name: monay/dev/admin
        image_tag_mutability: IMMUTABLE
        scan_on_push: true
        encryption:
          type: KMS
          kms_key: alias/monay-dev-data
        lifecycle_policy:
          rules:
            - rulePriority: 1
              selection:
                tagStatus: tagged
                tagPatternList: ["*"]
                countType: imageCountMoreThan
                countNumber: 30
              action:
                type: expire
    tags:
      Project: monay

- name: Copy the images of production to a second region
  monay.platform.ecr_repository:
    region: eu-west-1
    replication:
      repository_prefix: monay/prod/
      regions: [eu-central-1]

- name: Delete a repository with its images
  monay.platform.ecr_repository:
    region: eu-west-1
    repositories:
      - name: monay/dev/admin
    state: absent
    force: true
"""

RETURN = r"""
changes:
  description: What was changed, or would be in check mode.
  returned: always
  type: list
  elements: dict
  sample: [{action: update, kind: ECR repository, name: monay/dev/admin, fields: [lifecycle_policy]}]
resources:
  description: Each repository that exists at the end, by kind and name, with the URI that images are pushed to.
  returned: always
  type: dict
  sample:
    ECR repository:
      monay/dev/admin:
        id: arn:aws:ecr:eu-west-1:111111111111:repository/monay/dev/admin
        arn: arn:aws:ecr:eu-west-1:111111111111:repository/monay/dev/admin
        uri: 111111111111.dkr.ecr.eu-west-1.amazonaws.com/monay/dev/admin
"""

import typing as t

from ansible_collections.monay.platform.plugins.module_utils.aws.ecr import (
    DeletedRepositories,
    Replications,
    Repositories,
)
from ansible_collections.monay.platform.plugins.module_utils.aws.key_names import KeyNames
from ansible_collections.monay.platform.plugins.module_utils.aws.module import TAGS_SPEC, PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.aws.reconcile import Request
from ansible_collections.monay.platform.plugins.module_utils.core.registry import replication_state, repository_state

REPOSITORY_SPEC = dict(
    name=dict(type="str", required=True),
    image_tag_mutability=dict(type="str", choices=["IMMUTABLE", "MUTABLE"]),
    scan_on_push=dict(type="bool"),
    encryption=dict(
        type="dict",
        options=dict(
            type=dict(type="str", choices=["AES256", "KMS"], required=True),
            kms_key=dict(type="str", no_log=False),
        ),
    ),
    lifecycle_policy=dict(type="dict"),
    policy=dict(type="dict"),
    tags=dict(type="dict"),
)
REPLICATION_SPEC = dict(
    repository_prefix=dict(type="str", required=True),
    regions=dict(type="list", elements="str", default=[]),
    destinations=dict(
        type="list",
        elements="dict",
        default=[],
        options=dict(region=dict(type="str", required=True), account=dict(type="str")),
    ),
)


def work(module: PlatformModule) -> t.NoReturn:
    ecr, items = module.api("ecr"), module.params["repositories"]
    keys = KeyNames(module.api("kms"), [(item["encryption"] or {}).get("kms_key") for item in items])
    requests = [replication(module, Replications(ecr))] if module.params["replication"] else []
    if module.params["state"] == "absent":
        doomed = DeletedRepositories(ecr, keys, {item["name"]: () for item in items}, force=module.params["force"])
        module.reconcile(module.listed(doomed, "repositories", dict), *requests)
    fields = {item["name"]: [*(key for key, value in item.items() if value is not None), "tags"] for item in items}
    module.reconcile(module.listed(Repositories(ecr, keys, fields), "repositories", repository_state), *requests)


def replication(module: PlatformModule, kind: Replications) -> Request:
    """The rule for one prefix, or its end."""
    option = module.params["replication"]
    prefix = option["repository_prefix"]
    if module.params["state"] == "absent" or not (option["regions"] or option["destinations"]):
        return Request(kind, absent=frozenset([prefix]))
    return Request(kind, {prefix: replication_state(option, kind.ecr.region)})


def main() -> None:
    PlatformModule(
        argument_spec=dict(
            repositories=dict(type="list", elements="dict", default=[], options=REPOSITORY_SPEC),
            replication=dict(type="dict", options=REPLICATION_SPEC),
            force=dict(type="bool", default=False),
            state=dict(type="str", choices=["present", "absent"], default="present"),
            **TAGS_SPEC,
        )
    ).run(work)


if __name__ == "__main__":
    main()
