# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest

from ansible_collections.monay.platform.plugins.module_utils.core.kms import key_state
from ansible_collections.monay.platform.plugins.module_utils.core.plan import PlanRefused

ALIAS = "alias/monay-dev-data"


@pytest.mark.parametrize(
    ("item", "days"),
    [
        pytest.param({}, None, id="unsaid"),
        pytest.param({"rotation": True}, 365, id="AWS's default"),
        pytest.param({"rotation": True, "rotation_period": 90}, 90, id="a period"),
        pytest.param({"rotation": False, "rotation_period": 90}, 0, id="never"),
    ],
)
def test_rotation(item, days):
    assert key_state({"alias": ALIAS, **item})["rotation_days"] == days


@pytest.mark.parametrize(("enabled", "state"), [(True, "Enabled"), (False, "Disabled")])
def test_enabled(enabled, state):
    assert key_state({"alias": ALIAS, "enabled": enabled})["key_state"] == state


@pytest.mark.parametrize("alias", ["alias/a", "alias/monay/dev_data-1", f"alias/{'a' * 250}"])
def test_aliases_that_kms_takes(alias):
    assert key_state({"alias": alias})["alias"] == alias


@pytest.mark.parametrize("alias", ["", "a", "alias/", "alias/a b", "alias/aws/s3", f"alias/{'a' * 251}"])
def test_aliases_that_kms_does_not_take(alias):
    with pytest.raises(PlanRefused, match="an alias is alias/ and 1 to 250 letters"):
        key_state({"alias": alias})


@pytest.mark.parametrize(
    ("field", "taken", "refused"),
    [("rotation_period", (90, 2560), (89, 2561)), ("deletion_window", (7, 30), (6, 31))],
)
def test_limits(field, taken, refused):
    for days in taken:
        key_state({"alias": ALIAS, field: days})
    for days in refused:
        with pytest.raises(PlanRefused, match=f"{field} is {days} days"):
            key_state({"alias": ALIAS, field: days})


def test_everything_that_is_wrong_is_said_at_once():
    with pytest.raises(PlanRefused, match=r"an alias is .*; rotation_period .*; deletion_window"):
        key_state({"alias": "x", "rotation_period": 1, "deletion_window": 1})


def test_a_policy_without_principal_is_refused():
    statement = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}

    with pytest.raises(PlanRefused, match=f"policy of {ALIAS}: statement 1 has neither Principal nor NotPrincipal"):
        key_state({"alias": ALIAS, "policy": {"Statement": [statement]}})
