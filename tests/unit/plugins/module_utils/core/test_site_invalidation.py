# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from fnmatch import fnmatchcase

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.monay.platform.plugins.module_utils.core.site_invalidation import (
    MOST_WILDCARDS,
    caller_reference,
    invalidation_paths,
)

KEYS = st.lists(
    st.lists(st.sampled_from(["a", "b", "c", "index.html", "x y", "é"]), min_size=1, max_size=3).map("/".join),
    max_size=30,
)


def test_nothing_for_nothing():
    assert invalidation_paths([], 30) == ()


def test_the_entry_page_is_the_root_too():
    assert invalidation_paths(["index.html", "a.png"], 30) == ("/", "/a.png", "/index.html")


def test_characters_are_encoded():
    assert invalidation_paths(["a b/ü.png"], 30) == ("/a%20b/%C3%BC.png",)


def test_a_full_folder_becomes_a_wildcard():
    keys = [f"docs/{number}" for number in range(40)]

    assert invalidation_paths([*keys, "index.html"], 30) == ("/", "/docs/*", "/index.html")


def test_many_folders_become_everything():
    keys = [f"{folder}/{number}" for folder in range(MOST_WILDCARDS + 1) for number in range(5)]

    assert invalidation_paths(keys, 30) == ("/*",)


@given(KEYS, st.integers(min_value=1, max_value=10))
def test_everything_outdated_is_covered_by_few_paths(keys, most):
    paths = invalidation_paths(keys, most)

    assert len(paths) <= most
    assert all(path.startswith("/") and "*" not in path[:-1] for path in paths)
    for exact in invalidation_paths(keys, 1000):
        assert any(fnmatchcase(exact, path) if path.endswith("*") else exact == path for path in paths)


def test_references_differ_by_switch_and_by_paths_only():
    assert caller_reference("r", 1, ["/a", "/b"]) == caller_reference("r", 1, ["/b", "/a"])
    assert caller_reference("r", 1, ["/a"]) != caller_reference("r", 2, ["/a"])
    assert caller_reference("r", 1, ["/a"]) != caller_reference("r", 1, ["/b"])
