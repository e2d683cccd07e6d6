# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the action reads and writes besides the inventory; tests/playbooks/test_cost.py runs it as users do."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
import yaml
from ansible.errors import AnsibleError

from ansible_collections.monay.platform.plugins.action import cost_report as action
from ansible_collections.monay.platform.plugins.modules import cost_report as module

DEFAULTS = {name: option["default"] for name, option in action.ARGUMENTS.items() if "default" in option}


def test_documentation_is_of_the_options_that_there_are():
    documented = yaml.safe_load(module.DOCUMENTATION)["options"]

    assert {name: {key: option[key] for key in option if key != "description"} for name, option in documented.items()} \
        == action.ARGUMENTS  # fmt: skip


def test_every_shipped_table_is_read():
    prices = action._prices(DEFAULTS)

    assert set(prices.tables) == {"global", "us-east-1", "eu-west-1"}
    assert prices.find("nat.hours", "us-east-1").tiers[0].usd == Decimal("0.045")
    assert prices.find("nat.hours", "eu-west-1").tiers[0].usd == Decimal("0.048")
    assert prices.find("cloudfront.gb", "eu-west-1").tiers[0].usd == Decimal("0.085")
    assert prices.find("nat.hours", "us-west-2") is None


def test_prices_of_ones_own(tmp_path):
    row = {"key": "nat.hours", "unit": "hour", "tiers": [{"from": "0", "usd": "0.05"}], "source": "contract"}
    (tmp_path / "us-east-1.json").write_text(json.dumps({"region": "us-east-1", "currency": "USD", "prices": [row]}))
    given = {"prices_directory": str(tmp_path), "prices_given": {"nat.gb": 0.1}}

    prices = action._prices({**DEFAULTS, **given})

    assert prices.find("nat.hours", "us-east-1").source == "contract"
    assert prices.find("nat.gb", "us-east-1").amount(Decimal(10)) == Decimal("1.00")
    assert prices.find("alb.hours", "us-east-1") is None


@pytest.mark.parametrize(("content", "words"), [(None, "no prices in"), ("{", "cannot be read")])
def test_prices_that_are_not_there(tmp_path, content, words):
    if content:
        (tmp_path / "us-east-1.json").write_text(content)

    with pytest.raises(AnsibleError, match=words):
        action._prices({**DEFAULTS, "prices_directory": str(tmp_path)})
