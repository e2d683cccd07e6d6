# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import importlib

import pytest
from ansible.errors import AnsibleFilterError

FILTERS = "ansible_collections.monay.platform.plugins.filter"
ZONES = ["us-east-1a", "us-east-1b"]
CALLS = {
    "subnet_plan": (("10.10.0.0/16", "monay-dev", ZONES), ("10.10.0.0/28", "monay-dev", ZONES)),
    "nat_gateway_plan": (("monay-dev", ZONES, "all"), ("monay-dev", ZONES, "3")),
    "route_table_plan": (("monay-dev", ZONES, "1"), ("monay-dev", ZONES, "none")),
    "network_acl_plan": (("10.10.0.0/16", "monay-dev", ZONES), ("10.10.0.0/12", "monay-dev", ZONES)),
    "endpoint_plan": (("monay-dev", ZONES, ["logs"], "monay-dev-endpoints"), ("monay-dev", ["us-east-1"])),
}


def load(name):
    return importlib.import_module(f"{FILTERS}.{name}").FilterModule().filters()[name]


@pytest.mark.parametrize("name", CALLS)
def test_each_item_has_a_name(name):
    items = load(name)(*CALLS[name][0])

    assert items
    assert all(each["name"].startswith("monay-dev-") for each in items)


@pytest.mark.parametrize("name", CALLS)
def test_a_refusal_names_the_filter(name):
    with pytest.raises(AnsibleFilterError, match=f"^{name}: "):
        load(name)(*CALLS[name][1])
