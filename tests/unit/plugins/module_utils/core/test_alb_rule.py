# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.monay.platform.plugins.module_utils.core.alb_rule import (
    LAST_PRIORITY,
    action_call,
    automatic_priority,
    condition_call,
    forward_weights,
    observed_action,
    observed_conditions,
    settled_action,
    wanted_action,
    wanted_conditions,
)
from ansible_collections.monay.platform.plugins.module_utils.core.plan import PlanRefused

WORDS = st.text("abcxyz*.", min_size=1, max_size=6)
LISTS = st.lists(WORDS, max_size=1)
OPTIONS = st.fixed_dictionaries(
    {
        "hosts": LISTS,
        "paths": LISTS,
        "methods": LISTS,
        "headers": st.lists(st.fixed_dictionaries({"name": WORDS, "values": st.lists(WORDS, min_size=1, max_size=1)})),
        "query": st.lists(st.fixed_dictionaries({"key": st.none() | st.just("k"), "value": WORDS}), max_size=1),
        "source_cidrs": st.lists(st.sampled_from(["10.0.0.0/8", "10.1.2.3", "10.1.2.3/16", "::1"]), max_size=1),
    }
)


def echoed(conditions):
    """The conditions as ELB describes what it was sent."""
    return observed_conditions({"Conditions": [condition_call(each) for each in conditions]})


@given(OPTIONS)
def test_what_is_sent_is_what_is_read(options):
    try:
        wanted = wanted_conditions("rule", options)
    except PlanRefused:
        return  # none, or more than AWS takes: other tests
    assert echoed(wanted) == wanted
    assert echoed(reversed(wanted)) == wanted


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param({"hosts": ["A.example", "b.example"]}, {"hosts": ["b.example", "a.example"]}, id="hosts"),
        pytest.param({"methods": ["get"]}, {"methods": ["GET", "get"]}, id="methods"),
        pytest.param({"source_cidrs": ["10.0.0.1"]}, {"source_cidrs": ["10.0.0.1/32"]}, id="an address"),
        pytest.param({"source_cidrs": ["10.0.0.1/8"]}, {"source_cidrs": ["10.0.0.0/8"]}, id="bits of a host"),
        pytest.param(
            {"headers": [{"name": "X-A", "values": ["1"]}, {"name": "B", "values": ["2"]}]},
            {"headers": [{"name": "b", "values": ["2"]}, {"name": "x-a", "values": ["1"]}]},
            id="headers",
        ),
    ],
)
def test_two_ways_of_saying_the_same_are_equal(one, other):
    assert wanted_conditions("rule", one) == wanted_conditions("rule", other)


def test_paths_are_not_the_same_in_capitals():
    assert wanted_conditions("rule", {"paths": ["/A"]}) != wanted_conditions("rule", {"paths": ["/a"]})


def test_the_old_shape_of_a_host_is_read():
    assert observed_conditions({"Conditions": [{"Field": "host-header", "Values": ["a.example"]}]}) == [
        {"field": "host-header", "values": ["a.example"]}
    ]


def test_a_regular_expression_of_somebody_else_is_a_difference():
    raw = {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/a"], "RegexValues": ["^/a"]}}
    assert observed_conditions({"Conditions": [raw]}) != wanted_conditions("rule", {"paths": ["/a"]})


ACTIONS = [
    pytest.param({"redirect": {"protocol": "HTTPS", "port": 443, "code": 301}}, id="redirect"),
    pytest.param({"redirect": {"host": "new.example", "path": "/x", "query": "a=1", "code": 302}}, id="whole redirect"),
    pytest.param({"fixed_response": {"code": 404, "body": None, "content_type": "text/plain"}}, id="answer"),
    pytest.param({"fixed_response": {"code": 503, "body": "{}", "content_type": "application/json"}}, id="body"),
    pytest.param({"forward": ["blue", "green"], "stickiness": 60}, id="forward"),
    pytest.param({"forward": ["blue"]}, id="one group"),
]


@pytest.mark.parametrize("options", ACTIONS)
def test_an_action_that_is_sent_is_the_one_that_is_read(options):
    wanted = wanted_action("rule", options)
    weights = forward_weights(wanted.get("target_groups", []), {})

    assert observed_action(action_call(wanted, weights), str) == wanted


def test_a_single_target_group_is_read_in_its_old_shape():
    assert observed_action([{"Type": "forward", "TargetGroupArn": "blue"}], str) == wanted_action(
        "rule", {"forward": ["blue"]}
    )


def test_authentication_before_the_action_is_a_difference():
    actions = [{"Type": "forward", "Order": 2, "TargetGroupArn": "blue"}, {"Type": "authenticate-oidc", "Order": 1}]
    assert observed_action(actions, str) == {"type": "authenticate-oidc then forward"}


GROUPS = st.lists(st.sampled_from("abcde"), unique=True, min_size=1)
WEIGHTS = st.dictionaries(st.sampled_from("abcde"), st.integers(0, 999))


@given(GROUPS, WEIGHTS)
def test_weights_that_exist_are_kept_and_somebody_serves(wanted, live):
    weights = forward_weights(wanted, live)

    assert list(weights) == wanted
    assert any(weights.values())
    if any(live.get(group) for group in wanted):
        assert weights == {group: live.get(group, 0) for group in wanted}


@given(GROUPS, WEIGHTS)
def test_weights_are_never_a_difference(groups, live):
    wanted = wanted_action("rule", {"forward": groups})
    shuffled = sorted(groups, reverse=True)
    observed = observed_action(action_call(wanted, {group: live.get(group, 0) for group in shuffled}), str)

    assert settled_action(wanted, observed) == observed


HOST = [{"field": "host-header", "values": ["a.example"]}]
PATH = [*HOST, {"field": "path-pattern", "values": ["/a"]}]


def test_a_rule_with_more_conditions_is_asked_first():
    names = [f"application-{number}" for number in range(50)]
    assert max(automatic_priority(name, PATH, ()) for name in names) < min(
        automatic_priority(name, HOST, ()) for name in names
    )


@given(st.text(min_size=1), st.sets(st.integers(1, LAST_PRIORITY), max_size=50))
def test_a_place_is_free_and_the_same_every_time(name, taken):
    free = automatic_priority(name, HOST, taken)

    assert 1 <= free <= LAST_PRIORITY
    assert free not in taken
    assert free == automatic_priority(name, HOST, taken)
    assert automatic_priority(name, HOST, {*taken, free}) != free


def test_a_full_listener_is_refused():
    with pytest.raises(PlanRefused, match="every priority of the listener is taken"):
        automatic_priority("rule", HOST, range(1, LAST_PRIORITY + 1))
