# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Preflight's decisions; tests/playbooks/test_refusals.py runs it as users do."""

from __future__ import annotations

from typing import ClassVar

import pytest

from ansible_collections.monay.platform.plugins.action.preflight import _wrong_names, _wrong_values


class Options:
    """Two roles' options, as argument specs have them."""

    SPECS: ClassVar = {
        "network": {
            "network_nat_gateways": {"type": "str", "required": True, "description": "How many."},
            "network_cidr": {"type": "str"},
        },
        "database": {
            "database_multi_az": {"type": "bool", "default": False},
            "database_windows": {"type": "dict", "options": {"backup": {"type": "str", "description": "When."}}},
        },
    }
    ALL: ClassVar = {name: option for options in SPECS.values() for name, option in options.items()}
    KNOWN: ClassVar = frozenset(ALL)


def problems(found):
    return [(each.variable, each.message) for each in found]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("network_nat_gateway", "no role knows this variable; did you mean network_nat_gateways?"),
        ("databas_multi_az", "no role knows this variable; did you mean database_multi_az?"),
        ("network_colour", "no role knows this variable; docs/inventory.md lists those that exist"),
    ],
)
def test_names_that_no_role_knows(name, message):
    assert problems(_wrong_names({name: 1}, Options.KNOWN, Options.SPECS)) == [(name, message)]


@pytest.mark.parametrize("name", ["network_cidr", "my_own_helper", "ansible_connection", "inventory_dir"])
def test_names_that_are_nobodys_business(name):
    assert problems(_wrong_names({name: 1}, Options.KNOWN, Options.SPECS)) == []


def test_missing_values():
    assert problems(_wrong_values({}, Options.ALL)) == [("network_nat_gateways", "required: How many.")]


@pytest.mark.parametrize(
    ("variables", "variable", "words"),
    [
        ({"database_multi_az": "perhaps"}, "database_multi_az", "bool"),
        ({"database_windows": {"backups": "03:00"}}, "database_windows", "backups"),
        ({"network_cidr": "10.0.0.0"}, "network_cidr", "/16"),
    ],
)
def test_wrong_values(variables, variable, words):
    ((named, message),) = problems(_wrong_values({"network_nat_gateways": "1", **variables}, Options.ALL))

    assert named == variable
    assert words in message
