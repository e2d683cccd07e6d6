#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: release_ledger_info
short_description: Read the ledger of releases of a service, and verify its chain
version_added: 0.2.0
description:
  - Reads all entries that M(monay.platform.release_ledger) wrote, and looks whether each is as it was written and holds
    the hash of the one before.
  - That the newest entries were taken away cannot be seen. The versions of the bucket keep them.
author: Monay platform engineers (@monay)
options:
  service:
    description: Name of the service.
    type: str
    required: true
  cluster:
    description: Name of the cluster.
    type: str
    required: true
  bucket:
    description: Name of the bucket.
    type: str
    required: true
attributes:
  check_mode:
    support: full
    description: It changes nothing.
  diff_mode:
    support: none
    description: It changes nothing.
requirements:
  - python >= 3.11
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - module: monay.platform.release_ledger
"""

EXAMPLES = r"""
- name: Which releases were there?
  monay.platform.release_ledger_info:
    region: eu-west-1
    cluster: monay-dev
    service: monay-dev-admin
    bucket: monay-dev-111111111111-ledger
"""

RETURN = r"""
broken:
  description: What is wrong with the first entry that is not as it was written. Empty where the chain is whole.
  returned: always
  type: str
  sample: entry 3 is missing
entries:
  description: The entries, oldest first.
  returned: always
  type: list
  elements: dict
  sample: [{number: 1, status: SUCCESSFUL, task_definition: "monay-dev-admin:7"}]
report:
  description: The same as a table, newest first.
  returned: always
  type: str
  sample: No release is written down
"""

import typing as t

from ansible_collections.monay.platform.plugins.module_utils.aws.module import PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.aws.release_ledger import Ledger
from ansible_collections.monay.platform.plugins.module_utils.core.ledger import broken, report

ARGUMENT_SPEC: dict[str, t.Any] = dict(
    service=dict(type="str", required=True),
    cluster=dict(type="str", required=True),
    bucket=dict(type="str", required=True),
)


def work(module: PlatformModule) -> t.NoReturn:
    params = module.params
    ledger = Ledger(module.api("s3"), params["bucket"], params["cluster"], params["service"])
    entries = ledger.read(ledger.numbers())
    wrong, listed = broken(entries), list(entries.values())
    module.exit_json(changed=False, broken=wrong, entries=listed, report=report(listed, wrong))


def main() -> None:
    PlatformModule(argument_spec=ARGUMENT_SPEC).run(work)


if __name__ == "__main__":
    main()
