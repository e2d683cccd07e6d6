# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What sizes should be, by how much of them is used."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.monay.platform.plugins.module_utils.core.ecs_size import FARGATE_SIZES, fargate_problem
from ansible_collections.monay.platform.plugins.module_utils.core.instance_memory import GIB
from ansible_collections.monay.platform.plugins.module_utils.core.rightsizing import HEADROOM, TIGHT, hints
from ansible_collections.monay.platform.plugins.module_utils.core.rightsizing_text import remarks, sections
from ansible_collections.monay.platform.plugins.module_utils.core.usage import (
    Query,
    Target,
    peaks,
    queries,
    recommendation,
    targets,
)
from tests.support.costs import environment

PAIRS = [(cpu, memory) for cpu, sizes in FARGATE_SIZES.items() for memory in sizes]
SMALLEST = PAIRS[0]


def service(cpu, memory, hours=336, **sizes):
    usage = {"api": {"kind": "service", "hours": hours, "cpu": cpu, "memory": memory}}
    (hint,) = hints(environment(**sizes), usage)
    return hint


def database(cpu=10, free_gib=1.0, connections=5, **sizes):
    used = {"kind": "database", "hours": 336, "cpu": cpu, "free_memory": free_gib * GIB, "connections": connections}
    (hint,) = hints(environment(**sizes), {"postgres": used})
    return hint


def cache(cpu, memory, **sizes):
    (hint,) = hints(environment(**sizes), {"redis": {"kind": "cache", "hours": 336, "cpu": cpu, "memory": memory}})
    return hint


@pytest.mark.parametrize(
    ("size", "loads", "verdict", "to"),
    [
        ((1024, 2048), (30, 30), "smaller", (512, 1024)),
        ((1024, 2048), (17, 17), "smaller", (256, 512)),
        ((1024, 2048), (30, 60), "smaller", (512, 2048)),
        # As much memory needs as much CPU.
        ((1024, 8192), (10, 69), "keep", None),
        ((1024, 2048), (60, 60), "keep", None),
        # Between headroom and tight it stays.
        ((1024, 2048), (85, 40), "keep", None),
        ((1024, 2048), (91, 40), "larger", (2048, 4096)),
        ((1024, 2048), (40, 95), "larger", (1024, 3072)),
        ((256, 512), (1, 1), "keep", None),
        ((16384, 122880), (99, 99), "larger", None),
    ],
)
def test_services(size, loads, verdict, to):
    hint = service(*loads, service_cpu=size[0], service_memory=size[1])

    assert hint.verdict == verdict
    assert hint.changes == ({"service_cpu": to[0], "service_memory": to[1]} if to else {})


def test_a_service_on_instances_has_no_other_size_here():
    assert service(10, 10, service_launch="ec2").changes == {}


def test_a_week_is_the_least():
    hint = service(1, 1, hours=167)

    assert (hint.verdict, hint.changes, hint.note) == ("no_data", {}, "167 hours of at least 168")


def test_what_was_not_measured_is_not_guessed():
    assert service(10, None).changes == {}


@pytest.mark.parametrize(
    ("sizes", "used", "verdict", "to"),
    [
        # 4 GiB with 3 of them free.
        ({}, {"free_gib": 3.0}, "smaller", "db.t4g.small"),
        ({}, {"free_gib": 3.9, "cpu": 5}, "smaller", "db.t4g.micro"),
        ({}, {"free_gib": 2}, "keep", None),
        ({}, {"free_gib": 3.9, "cpu": 36}, "keep", None),
        # 450 connections fit into 4 GiB.
        ({}, {"free_gib": 3.9, "connections": 200}, "keep", None),
        ({}, {"free_gib": 3.9, "cpu": 95}, "larger", "db.t4g.large"),
        ({}, {"free_gib": 0.2}, "larger", "db.t4g.large"),
        ({"database_instance_class": "db.r5.16xlarge"}, {"free_gib": 400, "cpu": 30}, "smaller", "db.r5.8xlarge"),
        ({"database_instance_class": "db.r5.large"}, {"free_gib": 15.5}, "keep", None),
        ({"database_instance_class": "db.r5.24xlarge"}, {"free_gib": 1}, "larger", None),
    ],
)
def test_databases(sizes, used, verdict, to):
    hint = database(**used, **sizes)

    assert hint.verdict == verdict
    assert hint.changes == ({"database_instance_class": to} if to else {})


def test_a_class_that_is_not_known_is_judged_by_its_cpu_alone():
    hint = database(cpu=50, database_instance_class="db.z1d.large")

    assert set(hint.loads) == {"cpu"}
    assert "db.z1d.large' is not known" in hint.note


@pytest.mark.parametrize(
    ("kind", "loads", "to"),
    [
        ("cache.t3.small", (10, 20), "cache.t3.micro"),
        ("cache.t3.small", (10, 40), None),
        ("cache.t3.micro", (1, 1), None),
        ("cache.r5.large", (5, 95), "cache.r5.xlarge"),
        ("cache.r5.2xlarge", (10, 15), "cache.r5.large"),
        ("cache.other", (1, 1), None),
    ],
)
def test_caches(kind, loads, to):
    assert cache(*loads, cache_node_type=kind).changes == ({"cache_node_type": to} if to else {})


def test_only_what_was_looked_at():
    assert hints(environment(), {}) == []


LOADS = st.floats(0, 100)


@given(st.sampled_from(PAIRS), LOADS, LOADS)
def test_a_service_always_fits_and_never_loses_its_headroom(size, cpu, memory):
    hint = service(cpu, memory, service_cpu=size[0], service_memory=size[1])

    if not hint.changes:
        return
    new = (hint.changes["service_cpu"], hint.changes["service_memory"])
    assert not fargate_problem(*new)
    for load, before, after in zip((cpu, memory), size, new, strict=True):
        assert load * before / after <= HEADROOM + 1e-9
    smaller = new[0] <= size[0] and new[1] <= size[1]
    assert hint.verdict == ("larger" if max(cpu, memory) > TIGHT else "smaller")
    assert smaller or hint.verdict == "larger"


@given(st.sampled_from(PAIRS), LOADS, LOADS)
def test_a_hint_that_was_followed_gives_no_other(size, cpu, memory):
    hint = service(cpu, memory, service_cpu=size[0], service_memory=size[1])
    if hint.changes:
        new = (hint.changes["service_cpu"], hint.changes["service_memory"])
        again = service(cpu * size[0] / new[0], memory * size[1] / new[1], service_cpu=new[0], service_memory=new[1])

        assert again.changes == {}


@given(st.sampled_from(["large", "xlarge", "4xlarge", "12xlarge", "24xlarge"]), LOADS, LOADS)
def test_more_load_never_asks_for_less(size, one, other):
    low, high = sorted((one, other))
    order = ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge")

    def found(load):
        changes = cache(load, 0, cache_node_type=f"cache.r5.{size}").changes
        return order.index(changes.get("cache_node_type", f"cache.r5.{size}").rpartition(".")[2])

    assert found(low) <= found(high)


# ------------------------------------------------------------------------------------------------------------ questions


def test_questions_and_peaks():
    found = targets(
        [{"name": "api", "cluster": "c", "service": "s"}],
        [{"name": "postgres", "identifier": "one"}, {"name": "postgres", "identifier": "two"}],
        [{"name": "redis", "nodes": ["r-001", "r-002"]}],
    )
    asked = queries(found)

    assert len(asked) == 2 + 2 * 3 + 2 * 2
    assert asked[0].metric["Metric"]["Dimensions"] == [
        {"Name": "ClusterName", "Value": "c"}, {"Name": "ServiceName", "Value": "s"},
    ]  # fmt: skip
    values = {"cpu": [1.0, 9.0], "memory": [], "free_memory": [5.0, 3.0], "connections": [7.0]}
    told = peaks([(query, values[query.name]) for query in asked])
    assert told["api"] == {"kind": "service", "hours": 2, "cpu": 9, "memory": None}
    assert told["postgres"] == {"kind": "database", "hours": 2, "cpu": 9, "free_memory": 3, "connections": 7}


@given(st.lists(st.lists(st.floats(0, 100), max_size=5), min_size=1, max_size=4))
def test_a_peak_is_that_of_all_nodes(series):
    asked = [Query(Target("redis", "cache", {}), "cpu", {}) for _each in series]
    (peak,) = peaks(zip(asked, series, strict=True)).values()

    values = [value for one in series for value in one]
    assert peak["cpu"] == (max(values) if values else None)
    assert peak["hours"] == max(map(len, series))


def test_recommendations():
    saved = {"estimatedMonthlySavings": {"currency": "USD", "value": 12.345}}
    options = [{"dbInstanceClass": "db.t4g.micro", "rank": 2}, {"dbInstanceClass": "db.t4g.small", "rank": 1}]
    instance = {"instanceFinding": "Overprovisioned", "instanceRecommendationOptions": options}
    options = [{"cpu": 512, "memory": 1024, "savingsOpportunity": saved}]

    assert recommendation("postgres", instance) == {
        "component": "postgres", "finding": "Overprovisioned", "recommended": "db.t4g.small", "saves": None,
    }  # fmt: skip
    assert recommendation("api", {"finding": "Overprovisioned", "serviceRecommendationOptions": options}) == {
        "component": "api", "finding": "Overprovisioned", "recommended": "cpu 512, memory 1024", "saves": 12.35,
    }  # fmt: skip
    assert recommendation("api", {"finding": "Optimized"})["recommended"] == ""


# ------------------------------------------------------------------------------------------------------------- in words


def hint_of(component, verdict, saves=None):
    change = [{"variable": "service_cpu", "before": 1024, "after": 512}] if saves else []
    return {"component": component, "verdict": verdict, "loads": {"cpu": 12.5}, "variables": change, "saves": saves,
            "note": ""}  # fmt: skip


def test_words():
    found = {
        "days": 14,
        "optimizer": "the account has not opted in (it is Inactive)",
        "recommendations": [],
        "hints": [
            hint_of("api", "smaller", 10.5), hint_of("admin", "smaller", 2.0), hint_of("postgres", "larger"),
            hint_of("redis", "no_data"), hint_of("web", "keep"),
        ],
    }  # fmt: skip

    assert list(remarks(found)) == [
        "Could be smaller, which would save $12.50 a month: api, admin.",
        "Too small for their busiest hour: postgres.",
        "CloudWatch knows too little of: redis.",
        "Compute Optimizer lacks something: the account has not opted in (it is Inactive).",
    ]
    (sizes,) = sections(found)
    assert sizes.rows[0] == ("api", "12.5", "", "", "could be smaller", "service_cpu: 1024 → 512", "10.50", "")
    advice = {"component": "api", "finding": "Optimized", "recommended": "", "saves": None}
    assert [each.title for each in sections({**found, "recommendations": [advice]})][1] == "Compute Optimizer"
