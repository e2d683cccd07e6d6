# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.monay.platform.plugins.module_utils.core.plan import PlanRefused
from ansible_collections.monay.platform.plugins.module_utils.core.registry import (
    canonical_lifecycle,
    encryption_from_aws,
    lifecycle_text,
    replication_of,
    replication_state,
    repository_state,
    with_rule,
)

NAME = "monay/dev/admin"
REGISTRY = "111111111111"
KEEP = {
    "rulePriority": 2,
    "selection": {
        "tagStatus": "tagged",
        "tagPatternList": ["v*", "*"],
        "countType": "imageCountMoreThan",
        "countNumber": 30,
    },
    "action": {"type": "expire"},
}
CLEAN = {
    "rulePriority": 1,
    "selection": {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 14},
    "action": {"type": "expire"},
}


def keep(**selection):
    return {"lifecycle_policy": {"rules": [{**KEEP, "selection": {**KEEP["selection"], **selection}}]}}


@pytest.mark.parametrize(
    ("item", "words"),
    [
        pytest.param({"name": "Monay"}, "lower-case", id="name"),
        pytest.param({"name": "monay//dev"}, "lower-case", id="two slashes"),
        pytest.param({"encryption": {"type": "AES256", "kms_key": "alias/a"}}, "type: KMS", id="encryption"),
        pytest.param({"encryption": {"type": "KMS", "kms_key": "1234"}}, "an alias as in", id="key"),
        pytest.param({"policy": {"Statement": [{"Effect": "Allow"}]}}, "neither Action", id="policy"),
        pytest.param({"lifecycle_policy": {"rules": [KEEP, KEEP]}}, "two rules of one", id="priority twice"),
        pytest.param({"lifecycle_policy": {"rules": [{**KEEP, "rulePriority": None}]}}, "above 0", id="priority"),
        pytest.param(keep(countType="images"), "ECR takes imageCountMoreThan", id="count type"),
        pytest.param(keep(countNumber=0), "countNumber above 0", id="count"),
        pytest.param(keep(countNumber="many"), "countNumber above 0", id="no number"),
        pytest.param(keep(tagStatus="untagged"), "only to it", id="pattern of nothing"),
        pytest.param(keep(tagPatternList=[]), "only to it", id="no pattern"),
    ],
)
def test_refused(item, words):
    with pytest.raises(PlanRefused, match=words):
        repository_state({"name": NAME, **item})


def test_what_is_left_out_is_left_alone():
    assert set(repository_state({"name": NAME}).values()) == {None}


def test_the_same_lifecycle_in_other_words():
    written = {"rules": [KEEP, CLEAN]}
    selection = {**KEEP["selection"], "countNumber": "30", "tagPatternList": ["*", "v*"]}
    returned = json.dumps({"rules": [CLEAN, {**KEEP, "selection": selection}]})

    assert canonical_lifecycle(written) == canonical_lifecycle(returned)


def test_a_lifecycle_comes_back_as_it_was_sent():
    wanted = canonical_lifecycle({"rules": [KEEP, CLEAN]})

    assert canonical_lifecycle(lifecycle_text(wanted)) == wanted


@pytest.mark.parametrize("document", [{}, {"rules": []}])
def test_no_rule_is_no_lifecycle(document):
    assert canonical_lifecycle(document) == {}


def test_the_key_that_aws_takes_is_not_ours():
    assert encryption_from_aws("KMS", "alias/aws/ecr") == {"type": "KMS", "kms_key": ""}


def test_a_registry_is_not_copied_to_itself():
    option = {"repository_prefix": "monay/", "regions": ["us-east-1"]}

    with pytest.raises(PlanRefused, match="own region"):
        replication_state(option, "us-east-1")


PREFIXES = st.lists(st.sampled_from(["monay/dev/", "monay/prod/", "other/", ""]), unique=True)


def rule(prefix):
    filters = [{"filter": prefix, "filterType": "PREFIX_MATCH"}] if prefix else []
    return {"destinations": [{"region": "eu-west-1", "registryId": REGISTRY}], "repositoryFilters": filters}


@given(PREFIXES, st.lists(st.sampled_from(["us-west-2", "eu-west-1", "eu-central-1"]), unique=True, min_size=1))
def test_only_our_rule_changes(prefixes, regions):
    rules = [rule(prefix) for prefix in prefixes]
    ours = "monay/prod/"
    option = {"repository_prefix": ours, "destinations": [{"region": region} for region in regions]}
    wanted = replication_state(option, "us-east-1")

    after = with_rule(rules, ours, REGISTRY, wanted)

    assert replication_of(after, ours, REGISTRY) == wanted
    others = [each for each in rules if each != rule(ours)]
    assert [each for each in after if each in others] == others
    assert len(after) == len(others) + 1
    assert with_rule(after, ours, REGISTRY, None) == others


def test_another_account_is_told_from_our_own():
    rules = [{**rule("monay/"), "destinations": [{"region": "eu-west-1", "registryId": "222222222222"}]}]

    assert replication_of(rules, "monay/", REGISTRY) == {
        "destinations": [{"region": "eu-west-1", "account": "222222222222"}]
    }
