# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The buckets that the role storage asks for, filled in as for a real environment, and what may copy them."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.monay.platform.plugins.module_utils.core.bucket import (
    bucket_state,
    logging_state,
    replication_state,
)
from ansible_collections.monay.platform.plugins.module_utils.core.iam import role_state
from tests.support.least_privilege import excesses
from tests.support.roles import role_variable

ACCOUNT = "111111111111"
REGION = "us-east-1"
COPY_REGION = "us-west-2"
PROD = {
    "platform_name": "monay-prod",
    "platform_account_id": ACCOUNT,
    "platform_region": REGION,
    "platform_iam_path": "/monay/prod/",
    "platform_data_protection": True,
    "storage_replication_region": COPY_REGION,
}
PREFIX = f"monay-prod-{ACCOUNT}-"
# What the module adds to an item that does not say it.
DEFAULTS = {
    "require_tls": True,
    "public_access_block": dict.fromkeys(
        ("block_public_acls", "ignore_public_acls", "block_public_policy", "restrict_public_buckets"), True
    ),
}


def buckets(inventory: dict[str, Any] = PROD) -> dict[str, dict[str, Any]]:
    items = [
        *role_variable("storage", "storage_buckets", inventory),
        *role_variable("storage", "storage_ledger_buckets", inventory),
        *role_variable("storage", "storage_copies", inventory),
    ]
    return {item["name"].removeprefix(PREFIX): {**DEFAULTS, **item} for item in items}


def test_these_are_the_buckets():
    assert sorted(buckets()) == ["assets", "assets-dr", "backups", "backups-dr", "ledger", "logs", "site"]


@pytest.mark.parametrize("name", ["assets", "assets-dr", "backups", "backups-dr", "ledger", "logs", "site"])
def test_every_bucket_is_one_that_aws_takes(name):
    item = buckets()[name]

    state = bucket_state(item, REGION, ACCOUNT)

    assert state["encryption"]["algorithm"] == ("AES256" if name in ("ledger", "logs", "site") else "aws:kms")
    assert state["versioning"] is (name != "logs")
    assert state["lifecycle"], "nothing is kept for ever unseen"
    assert any(each["Effect"] == "Deny" for each in state["policy"]["Statement"])


@pytest.mark.parametrize(("protected", "lock"), [(True, {"mode": "GOVERNANCE", "days": 365}), (False, {})])
def test_the_ledger_is_locked_where_data_is_protected(protected, lock):
    item = buckets({**PROD, "platform_data_protection": protected})["ledger"]
    item["object_lock"] = {"mode": "GOVERNANCE", **item["object_lock"]}

    state = bucket_state(item, REGION, ACCOUNT)

    assert state["object_lock"] == lock
    assert not any(rule["expiration_days"] or rule["noncurrent_days"] for rule in state["lifecycle"])


def test_all_but_the_logs_are_logged_into_the_logs():
    targets = {name: logging_state(item) for name, item in buckets().items() if not name.endswith("-dr")}

    assert targets.pop("logs") == {}
    assert {target["bucket"] for target in targets.values()} == {f"{PREFIX}logs"}
    assert len({target["prefix"] for target in targets.values()}) == len(targets)
    assert "s3" in buckets()["logs"]["log_delivery"]


@pytest.mark.parametrize("name", ["assets", "backups"])
def test_copies_go_to_a_bucket_of_the_list(name):
    found = buckets()
    target = replication_state(found[name])

    copy = found[target["bucket"].removeprefix(PREFIX)]
    assert copy["region"] == found[name]["replication"]["region"] == COPY_REGION
    assert copy["versioning"] is True
    assert target["kms_key"] == copy["encryption"]["kms_key"]


@pytest.mark.parametrize("name", ["assets", "backups", "logs", "site"])
def test_nothing_is_copied_where_the_inventory_does_not_ask(name):
    assert replication_state(buckets({**PROD, "storage_replication_region": ""})[name]) == {}


def test_data_stays_where_the_environment_is_protected():
    assert role_variable("storage", "storage_force_destroy", PROD) is False
    assert role_variable("storage", "storage_force_destroy", {**PROD, "platform_data_protection": False}) is True


def test_what_copies_may_do_that_and_no_more():
    (role,) = role_variable("storage", "__storage_roles", PROD)
    policies = role_state(role)["inline_policies"]

    assert not [fault for policy in policies.values() for fault in excesses(policy)]
    written = {
        resource
        for statement in policies["replication"]["Statement"]
        if "s3:ReplicateObject" in statement["Action"]
        for resource in statement["Resource"]
    }
    assert written == {f"arn:aws:s3:::{PREFIX}assets-dr/*", f"arn:aws:s3:::{PREFIX}backups-dr/*"}
