# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest

from ansible_collections.monay.platform.plugins.module_utils.core.plan import PlanRefused
from ansible_collections.monay.platform.plugins.module_utils.core.shape import (
    FLAG,
    FRACTION,
    MAP,
    NUMBER,
    OFF,
    TEXT,
    TEXTS,
    WORDS,
    bag,
    canonical,
    number,
    series,
    struct,
    text,
)

SHAPE = struct(
    name=TEXT,
    count=number(1),
    share=FRACTION,
    on=FLAG,
    mode=text("a"),
    words=WORDS,
    set=TEXTS,
    labels=MAP,
    inner=struct(quiet=OFF, more=struct(deep=number(3))),
    ports=bag(port=NUMBER, protocol=text("tcp")),
    steps=series(name=TEXT),
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param({}, None, id="nothing"),
        pytest.param({"count": 1, "mode": "a", "inner": {"quiet": False, "more": {}}}, None, id="defaults alone"),
        pytest.param({"name": "x"}, {"name": "x", "count": 1, "mode": "a"}, id="defaults beside something"),
        pytest.param({"name": "x", "count": "2"}, {"name": "x", "count": 2, "mode": "a"}, id="number as text"),
        pytest.param({"share": 5}, {"count": 1, "share": 5.0, "mode": "a"}, id="fraction"),
        pytest.param({"on": "no"}, {"count": 1, "on": False, "mode": "a"}, id="flag"),
        pytest.param({"set": ["b", "a"]}, {"count": 1, "mode": "a", "set": ["a", "b"]}, id="set"),
        pytest.param({"words": ["b", "", "a"]}, {"count": 1, "mode": "a", "words": ["b", "", "a"]}, id="words"),
        pytest.param(
            {"labels": {"b": 1, "a": True}}, {"count": 1, "mode": "a", "labels": {"a": "true", "b": "1"}}, id="map"
        ),
        pytest.param({"set": [], "labels": {}, "name": ""}, None, id="empty"),
        pytest.param(
            {"ports": [{"port": 443}, {"port": 80}]},
            {"count": 1, "mode": "a", "ports": [{"port": 80, "protocol": "tcp"}, {"port": 443, "protocol": "tcp"}]},
            id="numbers are sorted as numbers",
        ),
        pytest.param(
            {"steps": [{"name": "b"}, {"name": "a"}]},
            {"count": 1, "mode": "a", "steps": [{"name": "b"}, {"name": "a"}]},
            id="an order that means something",
        ),
    ],
)
def test_one_form_for_one_meaning(value, expected):
    assert canonical(SHAPE, value) == expected


def test_what_is_sent_has_no_defaults():
    assert canonical(SHAPE, {"name": "x", "inner": {"quiet": True}}, fill=False) == {
        "name": "x",
        "inner": {"quiet": True},
    }


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"nam": "x"}, "nam: AWS has no such key; did you mean name?"),
        ({"xyz": 1}, "xyz: AWS has no such key; AWS knows count"),
        ({"ports": [{"prt": 1}]}, r"ports\[0\].prt: AWS has no such key; did you mean port?"),
        ({"count": 1.5}, "count: a whole number is needed, got 1.5"),
        ({"count": True}, "count: a whole number is needed"),
        ({"share": "half"}, "share: a number is needed"),
        ({"on": "maybe"}, "on: true or false is needed"),
        ({"name": ["x"]}, "name: a text is needed"),
        ({"words": "x"}, "words: a list is needed"),
        ({"labels": ["x"]}, "labels: a mapping is needed"),
        ({"inner": "x"}, "inner: a mapping is needed"),
    ],
)
def test_names_the_place_of_what_is_wrong(value, words):
    with pytest.raises(PlanRefused, match=words):
        canonical(SHAPE, value, strict=True)


def test_what_aws_answers_may_have_more():
    assert canonical(SHAPE, {"name": "x", "since": 1}) == {"name": "x", "count": 1, "mode": "a"}
