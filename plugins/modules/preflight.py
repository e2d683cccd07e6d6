#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: preflight
short_description: Refuse bad input before the first call to AWS
version_added: 0.1.0
description:
  - Checks the variables of all components of the play against the argument specs of the roles that will handle them,
    against the rules between variables (overlapping networks, names that are too long, zones of another region), and
    for names that no role knows.
  - Reports every problem at once, each with the variable, the file and line where it stands, and what would be right.
  - Needs no connection and no credentials.
author: Monay platform engineers (@monay)
options:
  components:
    description: The roles that handle the components of each inventory group, by group name.
    type: dict
    required: true
attributes:
  check_mode:
    support: full
    description: Only reads.
  diff_mode:
    support: none
    description: Changes nothing.
"""

EXAMPLES = r"""
- name: Check the input of every component
  monay.platform.preflight:
    components:
      networks: [network, security_groups]
      databases: [database]
"""

RETURN = r"""
problems:
  description: What is wrong, when something is.
  returned: failure
  type: list
  elements: dict
  sample: [{variable: network_cidr, message: 10.10.0.0/16 overlaps 10.10.0.0/16 of environment staging}]
"""
