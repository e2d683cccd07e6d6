# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Documentation that every module of the collection shares."""

from __future__ import annotations


class ModuleDocFragment:
    """C(monay.platform.platform): what check mode, diff mode and the common results mean."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    support: full
    description: Plans with the same code as a real run and names the same resources; writes nothing.
  diff_mode:
    support: full
    description: Shows each resource that is created, updated or deleted, field by field, with names instead of ids.
  idempotent:
    support: full
    description: A second run finds nothing to do and makes no call that changes anything.
notes:
  - RV(ignore:changes) lists what was changed, or would be in check mode, as dictionaries with C(action), C(kind),
    C(name) and C(fields).
  - A run that was interrupted is continued by running it again.
requirements:
  - python >= 3.11
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

    TAGS = r"""
options:
  tags:
    description:
      - Tags that every resource of the task gets; tags of a single resource win over them.
      - Without it the tags are left alone.
    type: dict
    aliases: [resource_tags]
  purge_tags:
    description: Remove tags that are not mentioned. Tags of AWS itself (C(aws:)) always stay.
    type: bool
    default: true
"""

    WAIT = r"""
options:
  wait:
    description:
      - Wait until slow resources are ready.
      - V(false) starts them and goes on; M(monay.platform.wait_for) waits for several together, with progress.
    type: bool
    default: true
  wait_timeout:
    description: Seconds to wait before the task fails. The resource is left as it is; run again to continue.
    type: int
    default: 3600
"""
