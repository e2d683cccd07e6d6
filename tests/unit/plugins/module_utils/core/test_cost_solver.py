# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The solver against all combinations, first of invented numbers, then of real estimates."""

from __future__ import annotations

from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.monay.platform.plugins.module_utils.core.cost_estimate import total
from ansible_collections.monay.platform.plugins.module_utils.core.cost_options import NAMES, groups
from ansible_collections.monay.platform.plugins.module_utils.core.cost_proposal import described, propose
from ansible_collections.monay.platform.plugins.module_utils.core.cost_proposal_text import remark, section
from ansible_collections.monay.platform.plugins.module_utils.core.cost_solver import Choice, Plan, merged, solve
from ansible_collections.monay.platform.plugins.module_utils.core.ecs_size import fargate_problem
from ansible_collections.monay.platform.plugins.module_utils.core.plan import PlanRefused
from tests.support.costs import changed_environment, environment, lines_of, prices

RISKS = dict.fromkeys(sorted(NAMES), 1) | {
    "database_half": 6, "database_single_az": 8, "cache_half": 5, "service_half": 5, "service_count": 3,
}  # fmt: skip


def combinations(found):
    """Every set of choices with at most one of each lever."""
    levers = [lever for group in found for lever in group]
    for chosen in product(*([None, *lever] for lever in levers)):
        yield tuple(each for each in chosen if each)


def lightest(found, needed, saves):
    """What the solver has to come to, by trying everything."""
    known = [Plan(choices, saved) for choices in combinations(found) if (saved := saves(choices)) is not None]
    enough = [plan for plan in known if plan.saved >= needed]
    if enough:
        weight = min(plan.weight for plan in enough)
        return weight, max(plan.saved for plan in enough if plan.weight == weight)
    most = max(plan.saved for plan in known)
    return min(plan.weight for plan in known if plan.saved == most), most


# ---------------------------------------------------------------------------------------------------- invented numbers

CHOICES = st.builds(Choice, changes=st.just({}), takes=st.just(""), risk=st.integers(0, 5))
GROUPS = st.lists(st.lists(st.lists(CHOICES, min_size=1, max_size=2), min_size=1, max_size=2), min_size=1, max_size=3)


@settings(max_examples=150, deadline=None)
@given(GROUPS, st.integers(-5, 40), st.randoms(use_true_random=False))
def test_equals_all_combinations(found, needed, random):
    invented = {}

    def of_group(key):
        # Within a group everything may depend on everything, and have no price.
        return invented.setdefault(key, random.choice([None, *range(-8, 20)]))

    def saves(choices):
        chosen = {id(each) for each in choices}
        parts = []
        for number, group in enumerate(found):
            at = [next((n for n, each in enumerate(lever, 1) if id(each) in chosen), 0) for lever in group]
            parts.append(of_group((number, *at)) if any(at) else 0)
        return None if None in parts else Decimal(sum(parts))

    plan = solve(found, Decimal(needed), saves)

    assert (plan.weight, plan.saved) == lightest(found, needed, saves)
    assert plan.saved == saves(plan.choices)


# ------------------------------------------------------------------------------------------------------ real estimates

FEW = ("nat_gateway", "endpoints", "database_arm", "database_replica", "cache_valkey", "service_arm", "service_half")
SIZES = st.fixed_dictionaries(
    {
        "network_nat_gateways": st.sampled_from(["1", "2"]),
        "database_instance_class": st.sampled_from(["db.t3.medium", "db.r5.xlarge", "db.t4g.small"]),
        "database_read_replicas": st.integers(0, 1),
        "cache_node_type": st.sampled_from(["cache.t3.medium", "cache.r5.large", "cache.t4g.small"]),
        "service_cpu": st.sampled_from([256, 1024]),
    }
)


def estimator(spot_discount=0, free_tier=False, **sizes):
    known = prices(spot_discount=Decimal(spot_discount), multi_az_factor=Decimal(2))

    def estimated(changes):
        return total(lines_of(changed_environment(changes, **sizes), free_tier, known))

    return estimated


@settings(max_examples=12, deadline=None)
@given(SIZES, st.integers(1, 60), st.booleans())
def test_a_proposal_equals_all_combinations(sizes, percent, free_tier):
    estimated = estimator(free_tier=free_tier, **sizes)
    before = estimated({}).cost.expected
    budget = before * (100 - percent) / 100
    found = groups(environment(**sizes), {name: RISKS[name] for name in FEW})

    proposal = propose(found, budget, estimated)

    weight, saved = lightest(found, before - budget, lambda choices: before - estimated(merged(choices)).cost.expected)
    risk = sum(step.choice.risk for step in proposal.steps)
    assert ((risk, len(proposal.steps)), before - proposal.expected) == (weight, saved)
    assert sum(step.saved for step in proposal.steps) == saved
    assert proposal.met == (saved >= before - budget)


def choices_of(*names, **sizes):
    found = groups(environment(**sizes), {name: RISKS[name] for name in names})
    return [choice for group in found for lever in group for choice in lever]


def changes_of(*names, **sizes):
    return [dict(each.changes) for each in choices_of(*names, **sizes)]


@pytest.mark.parametrize(
    ("name", "sizes", "expected"),
    [
        (
            "nat_gateway",
            {"network_nat_gateways": "all"},
            [{"network_nat_gateways": "2"}, {"network_nat_gateways": "1"}],
        ),
        ("nat_gateway", {"network_nat_gateways": "1"}, []),
        ("nat_gateway", {"network_nat_gateways": "0"}, []),
        ("endpoints", {"network_interface_endpoints": []}, []),
        ("endpoints", {"network_nat_gateways": "0"}, []),
        (
            "endpoints",
            {},
            [{"network_interface_endpoints": [], "cost_usage_nat_gb": 20.0, "cost_usage_endpoint_gb": 0}],
        ),
        ("database_arm", {"database_instance_class": "db.r5.xlarge"}, [{"database_instance_class": "db.r6g.xlarge"}]),
        ("database_arm", {"database_instance_class": "db.r6g.xlarge"}, []),
        ("database_arm", {"database_instance_class": "db.z1d.large"}, []),
        (
            "database_half",
            {"database_instance_class": "db.r5.4xlarge"},
            [{"database_instance_class": "db.r5.2xlarge"}, {"database_instance_class": "db.r5.xlarge"}],
        ),
        ("database_half", {"database_instance_class": "db.r5.large"}, []),
        ("database_half", {"database_instance_class": "db.t4g.small"}, [{"database_instance_class": "db.t4g.micro"}]),
        ("database_half", {"database_instance_class": "db.t4g.micro"}, []),
        ("database_replica", {"database_read_replicas": 2}, [{"database_read_replicas": n} for n in (1, 0)]),
        ("database_single_az", {}, [{"database_multi_az": False}]),
        ("database_single_az", {"database_multi_az": False}, []),
        ("cache_valkey", {}, [{"cache_engine": "valkey", "cache_engine_version": "7.2"}]),
        ("cache_valkey", {"cache_engine": "valkey"}, []),
        ("cache_arm", {"cache_node_type": "cache.t3.small"}, [{"cache_node_type": "cache.t4g.small"}]),
        ("cache_replica", {"cache_nodes": 3}, [{"cache_nodes": 2}, {"cache_nodes": 1}]),
        ("cache_replica", {"cache_nodes": 1}, []),
        ("container_insights", {}, [{"ecs_cluster_container_insights": "disabled"}]),
        ("service_arm", {}, [{"service_architecture": "ARM64"}]),
        ("service_arm", {"service_architecture": "ARM64"}, []),
        ("service_spot", {}, [{"service_spot_percent": 50}, {"service_spot_percent": 100}]),
        ("service_spot", {"service_spot_percent": 50}, [{"service_spot_percent": 100}]),
        ("service_half", {}, [{"service_cpu": 512, "service_memory": 1024}]),
        ("service_half", {"service_cpu": 256, "service_memory": 512}, []),
        ("service_count", {"service_min_count": 3}, [{"service_min_count": 2}, {"service_min_count": 1}]),
        ("service_count", {"service_min_count": 1}, []),
        ("service_schedule", {"platform_data_protection": True}, []),
        ("service_schedule", {"service_autoscaling_schedules": [{"name": "own"}]}, []),
        ("service_arm", {"service_launch": "ec2"}, []),
        ("instance_half", {}, []),
    ],
)
def test_what_can_be_changed(name, sizes, expected):
    # Of a service, it is changed in both.
    assert [next(iter(each.values())) for each in changes_of(name, **sizes)] == expected


def test_both_at_once_is_as_risky_as_both():
    found = choices_of("database_arm", "database_half", database_instance_class="db.r5.2xlarge")

    assert {each.changes["postgres"]["database_instance_class"]: each.risk for each in found} == {
        "db.r6g.2xlarge": 1, "db.r5.xlarge": 6, "db.r5.large": 12, "db.r6g.xlarge": 7, "db.r6g.large": 13,
    }  # fmt: skip


def test_instances_become_arm_together_with_the_images():
    (choice,) = choices_of(
        "instance_arm", ecs_cluster_capacity="ec2", ecs_cluster_instance_type="c5.xlarge", service_launch="ec2"
    )

    assert choice.changes["ecs"]["ecs_cluster_instance_type"] == "c6g.xlarge"
    assert "/arm64/" in choice.changes["ecs"]["ecs_cluster_instance_image"]
    assert choice.changes["api"] == choice.changes["admin"] == {"service_architecture": "ARM64"}


def test_smaller_instances_of_the_same_kind_keep_their_images():
    small, _smaller = choices_of(
        "instance_half", ecs_cluster_capacity="ec2", ecs_cluster_instance_type="c5.2xlarge", service_launch="ec2"
    )

    assert dict(small.changes) == {"ecs": {"ecs_cluster_instance_type": "c5.xlarge"}}


@pytest.mark.parametrize("autoscaling", [True, False])
def test_a_schedule_keeps_the_day_as_it_was(autoscaling):
    sizes = {"service_autoscaling": autoscaling, "service_min_count": 2, "service_max_count": 6}
    (choice,) = choices_of("service_schedule", **sizes)
    night, day = choice.changes["api"]["service_autoscaling_schedules"]

    assert (day["min_capacity"], day["max_capacity"]) == ((2, 6) if autoscaling else (2, 2))
    assert night["max_capacity"] == 0
    by_day, always = (
        sum(line.cost.expected for line in lines_of(each, False, prices()) if line.quantity.service == "fargate")
        for each in (changed_environment(choice.changes, **sizes), environment(**sizes))
    )
    assert round(by_day / always, 3) == round(Decimal(65) / 168, 3)


@given(st.sampled_from([256, 512, 1024, 2048, 4096, 8192, 16384]), st.integers(1, 120).map(lambda gib: gib * 1024))
def test_never_a_size_that_fargate_does_not_take(cpu, memory):
    for changes in changes_of("service_half", service_cpu=cpu, service_memory=memory):
        assert not fargate_problem(changes["api"]["service_cpu"], changes["api"]["service_memory"])


def test_what_has_no_price_is_not_proposed_and_said():
    found = groups(environment(), {"service_spot": 1})

    proposal = propose(found, Decimal(1), estimator())
    priced = propose(found, Decimal(1), estimator(spot_discount=60))

    assert (proposal.steps, len(proposal.unpriced)) == ([], 2)
    assert [step.choice.changes["api"] for step in priced.steps] == [{"service_spot_percent": 100}]
    assert not priced.unpriced


def test_what_saves_nothing_is_not_proposed():
    # Through the NAT gateways it costs more than one endpoint in three zones.
    sizes = {"cost_usage_endpoint_gb": 5000}
    proposal = propose(groups(environment(**sizes), {"endpoints": 0}), Decimal(1), estimator(**sizes))

    assert proposal.steps == []


def test_a_risk_of_nothing():
    with pytest.raises(PlanRefused, match="cost_proposal_risks names databse_half; it may name cache_arm"):
        groups(environment(), {"databse_half": 3})


# ------------------------------------------------------------------------------------------------------------- in words


def told(budget, *names, **sizes):
    found = groups(environment(**sizes), {name: RISKS[name] for name in names})
    proposal = propose(found, Decimal(budget), estimator(**sizes))
    values = environment(**sizes)[0].values
    return described(proposal, lambda _host, name: values.get(name))


def test_words_for_a_budget_that_can_be_kept():
    before = estimator()({}).cost.expected
    data = told(before - 1, "service_arm", "database_half")

    shown = section(data)
    assert shown.title == "How the budget can be kept"
    assert shown.rows == [
        ("service_architecture: X86_64 → ARM64", "api, admin", f"{data['steps'][0]['saved']:,.2f}", "1",
         "the images are built for ARM64")
    ]  # fmt: skip
    assert remark(data) == (
        f"The least risky way to keep it takes one change, after which ${data['expected']:,.2f} are expected."
    )


def test_words_for_one_that_cannot():
    data = told(1, "service_arm", "service_spot", "endpoints")

    assert section(data).title == "What comes nearest to the budget"
    assert "network_interface_endpoints: 1 of them → none" in [row[0] for row in section(data).rows]
    assert remark(data) == (
        "No set of changes keeps the budget: with 2 changes, which save the most,"
        f" ${data['expected']:,.2f} are expected, ${data['expected'] - 1:,.2f} over it."
        " Sizes or the budget have to change. Without a price, and so left out: service_spot_percent."
    )


def test_words_for_nothing():
    assert remark(told(1)) == "Nothing that may be changed (cost_proposal_risks) saves anything."
