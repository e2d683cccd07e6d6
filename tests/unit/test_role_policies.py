# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Least privilege: every policy that the roles write, filled in as for a real environment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.monay.platform.plugins.module_utils.core.iam import role_state
from ansible_collections.monay.platform.plugins.module_utils.core.kms import key_state
from tests.support.least_privilege import (
    MANAGED,
    UNAVOIDABLE,
    excesses,
    key_excesses,
    statements,
    trust_excesses,
    values,
)
from tests.support.roles import DEV, role_variable

ROOT = Path(__file__).parents[2]
ACCOUNT = DEV["platform_account_id"]
ROLES = {
    role["name"]: role
    for role in (
        *role_variable("account", "__account_service_roles", DEV),
        *role_variable("account", "__account_deploy_roles", {**DEV, "account_ledger_bucket": "monay-dev-ledger"}),
        role_variable("task_role", "__task_role_itself", DEV),
    )
}
# In the policy of a key the resource "*" is the key.
KEY_POLICIES = ("roles/encryption/vars/main.yml", "roles/monitoring/vars/main.yml")
KEYS = {key["alias"]: key for key in role_variable("encryption", "__encryption_keys", DEV)}


def test_these_are_the_roles_and_keys() -> None:
    assert sorted(ROLES) == [
        "monay-dev-admin-task",
        "monay-dev-backup",
        "monay-dev-deploy",
        "monay-dev-ecs-infrastructure",
        "monay-dev-flow-logs",
        "monay-dev-rds-monitoring",
        "monay-dev-task-execution",
    ]
    assert sorted(KEYS) == ["alias/monay-dev-data", "alias/monay-dev-logs", "alias/monay-dev-secrets"]


@pytest.mark.parametrize("role", ROLES.values(), ids=ROLES)
def test_a_role_is_allowed_what_it_needs(role: dict[str, Any]) -> None:
    role_state(role)  # IAM would take it
    assert not [fault for document in role["inline_policies"].values() for fault in excesses(document)]
    assert not trust_excesses(role["trust_policy"])
    assert set(role["managed_policies"]) <= MANAGED


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_a_key_is_used_through_its_services(key: dict[str, Any]) -> None:
    key_state(key)  # KMS would take it
    assert not key_excesses(key["policy"])
    used = [each for each in statements(key["policy"]) if "kms:Decrypt" in values(each["Action"])]
    assert len(used) == 1
    assert "Condition" in used[0]


def test_a_topic_is_told_by_services_of_this_account_only() -> None:
    (topic,) = role_variable("monitoring", "__monitoring_topics", DEV)
    allowed = list(statements(topic["policy"]))

    assert {each["Action"] for each in allowed} == {"sns:Publish"}
    assert {each["Resource"] for each in allowed} == {f"arn:aws:sns:us-east-1:{ACCOUNT}:monay-dev-alarms"}
    for each in allowed:
        assert not key_excesses({"Statement": [each]})
        assert ACCOUNT in str(each["Condition"])


def test_the_key_of_the_topic_is_used_by_those_who_publish() -> None:
    (key,) = role_variable("monitoring", "__monitoring_keys", DEV)
    key_state(key)
    # EventBridge names nobody when it asks for a key; the topic's policy says who may publish
    assert key_excesses(key["policy"]) == ["PublishEvents: a service, for anybody"]
    used = [each for each in statements(key["policy"]) if "kms:Decrypt" in values(each["Action"])]
    assert {each["Principal"]["Service"] for each in used} == {
        "budgets.amazonaws.com",
        "cloudwatch.amazonaws.com",
        "events.amazonaws.com",
    }


def test_every_exception_is_needed() -> None:
    """So that the list cannot become a place to hide things."""
    documents = [document for role in ROLES.values() for document in role["inline_policies"].values()]
    anywhere = {each["Sid"] for document in documents for each in statements(document) if each["Resource"] == "*"}
    assert anywhere == set(UNAVOIDABLE)


def test_the_deploy_role_is_for_one_repository_in_one_environment() -> None:
    trust = ROLES["monay-dev-deploy"]["trust_policy"]["Statement"][0]
    issuer = "token.actions.githubusercontent.com"

    assert trust["Principal"] == {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer}"}
    assert trust["Condition"]["StringEquals"] == {
        f"{issuer}:aud": "sts.amazonaws.com",
        f"{issuer}:sub": "repo:monay/platform:environment:dev",
    }


def written_statements() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement that allows something in any role, as it is written, and the file."""
    for path in sorted((ROOT / "roles").rglob("*.yml")):
        for statement in _find(yaml.safe_load(path.read_text(encoding="utf-8"))):
            yield str(path.relative_to(ROOT)), statement


def _find(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if node.get("Effect") == "Allow":
            yield node
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            yield from _find(each)


def test_no_role_of_the_collection_writes_a_policy_that_allows_everything() -> None:
    found = list(written_statements())
    assert len(found) > len(UNAVOIDABLE)
    for path, statement in found:
        assert not [action for action in values(statement.get("Action")) if "*" in action], path
        resource_is_self = "Principal" in statement and path in KEY_POLICIES
        if "*" in values(statement.get("Resource")) and not resource_is_self:
            assert statement.get("Sid") in UNAVOIDABLE, path


def test_nobody_is_an_administrator() -> None:
    for path in sorted((ROOT / "roles").rglob("*.yml")):
        text = path.read_text(encoding="utf-8")
        assert not [name for name in ("AdministratorAccess", "PowerUserAccess", "IAMFullAccess") if name in text], path


def one(**statement: Any) -> dict[str, Any]:
    return {"Statement": [{"Effect": "Allow", **statement}]}


@pytest.mark.parametrize(
    ("find", "document"),
    [
        pytest.param(excesses, one(Action="*", Resource="arn:aws:s3:::a"), id="any action"),
        pytest.param(excesses, one(Action=["s3:*"], Resource="arn:aws:s3:::a"), id="any action of a service"),
        pytest.param(excesses, one(NotAction="s3:GetObject", Resource="arn:aws:s3:::a"), id="every action but"),
        pytest.param(excesses, one(Sid="Other", Action="s3:GetObject", Resource=["a", "*"]), id="any resource"),
        pytest.param(excesses, one(Action="s3:GetObject", NotResource="arn:aws:s3:::a"), id="every resource but"),
        pytest.param(excesses, one(Action="iam:PassRole", Resource="arn:aws:iam::1:role/r"), id="role to any service"),
        pytest.param(key_excesses, one(Action="kms:*", Principal={"AWS": ACCOUNT}), id="any use of a key"),
        pytest.param(key_excesses, one(Action="kms:Decrypt", Principal={"AWS": "*"}), id="a key for anybody"),
        pytest.param(key_excesses, one(Action="kms:Decrypt", Principal={"Service": "s"}), id="a key for a service"),
        pytest.param(trust_excesses, one(Principal={"Service": "ecs.amazonaws.com"}), id="trust in a service"),
        pytest.param(trust_excesses, one(Principal={"AWS": "*"}), id="trust in anybody"),
        pytest.param(
            trust_excesses,
            one(Principal={"Federated": "p"}, Condition={"StringEquals": {"i:aud": "a", "i:sub": "repo:o/*"}}),
            id="trust in many repositories",
        ),
        pytest.param(
            trust_excesses,
            one(Principal={"Federated": "p"}, Condition={"StringLike": {"i:aud": "a", "i:sub": "repo:o/r:*"}}),
            id="trust in what looks like",
        ),
    ],
)
def test_the_test_itself_finds(find: Any, document: dict[str, Any]) -> None:
    assert find(document)
