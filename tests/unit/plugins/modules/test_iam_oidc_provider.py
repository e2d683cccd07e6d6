# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import boto3
import pytest
from moto import mock_aws

from tests.support.modules import assert_previewed, assert_settled, changes, fail_module, recorded_calls, run_module

ISSUER = "token.actions.githubusercontent.com"
ARN = f"arn:aws:iam::123456789012:oidc-provider/{ISSUER}"
TAGS = {"Project": "monay", "Environment": "dev", "ManagedBy": "monay.platform", "Component": "monay-account"}
PRESENT = {
    "region": "us-east-1",
    "url": f"https://{ISSUER}",
    "client_ids": ["sts.amazonaws.com"],
    "tags": TAGS,
}
ABSENT = {"region": "us-east-1", "url": f"https://{ISSUER}", "tags": TAGS, "state": "absent"}
STAGING = {**TAGS, "Environment": "staging"}


@pytest.fixture
def iam():
    with mock_aws():
        yield boto3.client("iam", region_name="us-east-1")


def read(iam):
    return iam.get_open_id_connect_provider(OpenIDConnectProviderArn=ARN)


def test_create_as_previewed_then_nothing(iam):
    created = assert_previewed("iam_oidc_provider", PRESENT)

    assert changes(created) == {("create", "OpenID Connect provider", ISSUER)}
    assert read(iam)["ClientIDList"] == ["sts.amazonaws.com"]
    assert {tag["Key"]: tag["Value"] for tag in read(iam)["Tags"]} == TAGS
    assert_settled("iam_oidc_provider", PRESENT)


@pytest.mark.usefixtures("iam")
def test_tags_may_be_left_out():
    untagged = {key: value for key, value in PRESENT.items() if key != "tags"}

    assert_previewed("iam_oidc_provider", untagged)

    assert_settled("iam_oidc_provider", untagged)


def test_our_tags_and_thumbprints_are_updated(iam):
    run_module("iam_oidc_provider", PRESENT)
    edited = {**PRESENT, "tags": {**TAGS, "CostCenter": "7"}, "thumbprints": ["A" * 40]}

    updated = assert_previewed("iam_oidc_provider", edited)

    assert updated["changes"][0]["fields"] == ["tags", "thumbprints"]
    assert read(iam)["ThumbprintList"] == ["a" * 40]
    assert_settled("iam_oidc_provider", edited)


def test_the_provider_of_another_environment_is_shared_not_taken(iam):
    run_module("iam_oidc_provider", {**PRESENT, "tags": STAGING})

    assert_settled("iam_oidc_provider", PRESENT)

    assert {tag["Key"]: tag["Value"] for tag in read(iam)["Tags"]} == STAGING


@pytest.mark.usefixtures("iam")
def test_client_ids_are_added_to_those_that_others_use():
    run_module("iam_oidc_provider", {**PRESENT, "client_ids": ["other"]})

    preview = run_module("iam_oidc_provider", PRESENT, check=True)

    assert preview["changes"][0]["fields"] == ["client_ids"]
    assert '"other",\n    "sts.amazonaws.com"' in preview["diff"][0]["after"]


def test_delete(iam):
    run_module("iam_oidc_provider", PRESENT)

    deleted = assert_previewed("iam_oidc_provider", ABSENT)

    assert changes(deleted) == {("delete", "OpenID Connect provider", ISSUER)}
    assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == []
    assert_settled("iam_oidc_provider", ABSENT)


@pytest.mark.parametrize("tags", [STAGING, {}, None], ids=["another environment", "no tags", "tags unsaid"])
@pytest.mark.usefixtures("iam")
def test_a_provider_that_is_not_ours_is_never_deleted(tags):
    run_module("iam_oidc_provider", PRESENT)

    with recorded_calls() as calls:
        result = run_module("iam_oidc_provider", {**ABSENT, "tags": tags})

    assert result["changed"] is False
    assert "iam:DeleteOpenIDConnectProvider" not in calls
    assert "stays: its tags Project, Environment, ManagedBy are not those of this task" in str(result["warnings"])


@pytest.mark.parametrize("url", ["token.example.com", "http://token.example.com", "https://token.example.com:8443"])
def test_refuses_a_url_that_iam_does_not_take(url):
    assert "the URL must begin with https:// and have no port or query" in fail_module(
        "iam_oidc_provider", {**PRESENT, "url": url}
    )
