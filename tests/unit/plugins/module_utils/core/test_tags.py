# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.monay.platform.plugins.module_utils.core.tags import (
    from_pairs,
    owned,
    tag_changes,
    to_pairs,
    wanted_tags,
)

tags = st.dictionaries(st.text("abc", min_size=1, max_size=3), st.text("xyz", max_size=3))


@pytest.mark.parametrize(
    ("common", "own", "extra", "wanted"),
    [
        pytest.param(None, None, {}, None, id="nothing said"),
        pytest.param(None, None, {"Name": "n"}, None, id="a name alone leaves the tags alone"),
        pytest.param({}, None, {}, {}, id="none wanted"),
        pytest.param({"a": "1"}, None, {"Name": "n"}, {"a": "1", "Name": "n"}, id="common and name"),
        pytest.param({"a": "1", "b": "1"}, {"a": "2"}, {}, {"a": "2", "b": "1"}, id="its own over common ones"),
        pytest.param({"Name": "other"}, None, {"Name": "n"}, {"Name": "n"}, id="the name over all"),
        pytest.param({"a": 1, "b": True}, None, {}, {"a": "1", "b": "True"}, id="text"),
    ],
)
def test_wanted_tags(common, own, extra, wanted):
    assert wanted_tags(common, own, **extra) == wanted


def test_tags_of_aws_itself_are_not_ours():
    assert owned({"aws:cloudformation:stack-name": "s", "a": "1"}) == {"a": "1"}
    assert from_pairs([{"Key": "aws:x", "Value": "1"}, {"Key": "a", "Value": "1"}]) == {"a": "1"}


@pytest.mark.parametrize("nothing", [None, []])
def test_no_pairs(nothing):
    assert from_pairs(nothing) == {}
    assert owned(None) == {}
    assert to_pairs(None) == []


def test_a_tag_without_value_is_empty():
    assert from_pairs([{"Key": "a"}]) == {"a": ""}


@given(tags)
def test_pairs_and_back(mapping):
    assert from_pairs(to_pairs(mapping)) == mapping
    assert from_pairs(to_pairs(mapping, "TagKey", "TagValue"), "TagKey", "TagValue") == mapping


@given(tags)
def test_pairs_have_a_stable_order(mapping):
    assert to_pairs(mapping) == to_pairs(dict(reversed(mapping.items())))


@given(tags, tags)
def test_changes_lead_to_the_wanted_tags_and_say_no_more_than_needed(current, wanted):
    setting, removing = tag_changes(current, wanted)

    assert {key: value for key, value in {**current, **setting}.items() if key not in removing} == wanted
    assert all(current.get(key) != value for key, value in setting.items())
    assert set(removing) <= current.keys()
    assert tag_changes(wanted, wanted) == ({}, [])
