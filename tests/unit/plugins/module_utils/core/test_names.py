# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.monay.platform.plugins.filter.short_name import FilterModule
from ansible_collections.monay.platform.plugins.module_utils.core.names import short_name

LETTERS = st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=80)


def test_a_name_that_fits_is_kept():
    assert short_name("monay-dev-admin", 26) == "monay-dev-admin"


def test_a_long_name_keeps_its_beginning():
    name = short_name("monay-staging-cross-platform-web", 26)

    assert name.startswith("monay-staging-cross-")
    assert len(name) <= 26


@given(LETTERS, st.integers(8, 40))
def test_fits_always_and_is_the_same_every_time(name, width):
    short = short_name(name, width)

    assert len(short) <= width
    assert short == short_name(name, width)


@given(LETTERS, LETTERS)
def test_two_names_stay_two(one, other):
    long_one, long_other = f"monay-staging-{one}", f"monay-staging-{other}"
    assert (short_name(long_one, 26) == short_name(long_other, 26)) is (one == other)


def test_the_filter_refuses_a_width_that_leaves_nothing():
    shorten = FilterModule().filters()["short_name"]

    assert shorten("monay-dev-admin", 26) == "monay-dev-admin"
    with pytest.raises(AnsibleFilterError, match="at least 8 characters, got a width of 7"):
        shorten("monay", 7)
