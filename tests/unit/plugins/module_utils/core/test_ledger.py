# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.monay.platform.plugins.module_utils.core.ledger import (
    broken,
    canonical,
    digest,
    key,
    number_of,
    report,
    sealed,
)

CONTENTS = st.lists(
    st.dictionaries(st.sampled_from("abcd"), st.text('a\u00e9"\n') | st.integers() | st.booleans()), min_size=1
)
BY_NUMBER = st.data()


def chain(contents):
    entries, last = {}, None
    for content in contents:
        last = sealed(content, last)
        entries[last["number"]] = last
    return entries


@given(CONTENTS)
def test_what_was_written_is_whole_also_after_a_way_through_json(contents):
    entries = {number: json.loads(canonical(entry)) for number, entry in chain(contents).items()}

    assert broken(entries) == ""
    assert list(entries) == list(range(1, len(contents) + 1))


@given(CONTENTS, BY_NUMBER)
def test_the_entry_that_was_changed_is_named(contents, data):
    entries = chain(contents)
    changed = data.draw(st.sampled_from(sorted(entries)))
    name = data.draw(st.sampled_from(sorted(entries[changed])))

    entries[changed] = {**entries[changed], name: ["another"]}

    assert broken(entries).startswith(f"entry {changed} is not what was written")


@given(CONTENTS, BY_NUMBER)
def test_a_change_with_a_hash_that_fits_is_found_by_the_next_entry(contents, data):
    entries = chain([*contents, {"last": 1}])
    changed = data.draw(st.integers(1, len(contents)))

    forged = {**entries[changed], "a": ["another"]}
    entries[changed] = {**forged, "hash": digest(forged)}

    assert broken(entries) == f"entry {changed + 1} does not follow entry {changed}: it holds another hash"


@given(CONTENTS, BY_NUMBER)
def test_an_entry_that_is_gone_or_no_json_is_named(contents, data):
    entries = chain([*contents, {"last": 1}])
    gone = data.draw(st.integers(1, len(contents)))

    assert broken({**entries, gone: {}}) == f"entry {gone} cannot be read as JSON"
    del entries[gone]
    assert broken(entries) == f"entry {gone} is missing"


def test_an_entry_in_the_place_of_another_is_named():
    entries = chain([{"a": 1}, {"a": 2}])

    assert broken({1: entries[2], 2: entries[1]}) == "entry 1 was written as entry 2"


def test_names_of_objects_tell_their_number():
    assert number_of(key("monay-dev", "monay-dev-admin", 42)) == 42
    assert number_of(key("monay-dev", "monay-dev-admin", 1234567)) == 1234567
    assert number_of("ledger/monay-dev/monay-dev-admin/notes.txt") is None


def test_the_table_shows_also_what_is_damaged():
    entries = chain([{"task_definition": "app:1", "images": {"app": "registry/a@sha256:0f"}, "status": "SUCCESSFUL"}])

    told = report([*entries.values(), {}], "entry 2 cannot be read as JSON")

    assert "a@sha256:0f" in told
    assert told.endswith("The chain is BROKEN: entry 2 cannot be read as JSON")
