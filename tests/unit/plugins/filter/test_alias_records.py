# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from ansible_collections.monay.platform.plugins.filter.alias_records import FilterModule


def test_each_host_name_has_an_alias_for_either_protocol():
    records = FilterModule().filters()["alias_records"](["www.a.example", "a.example"], "site")

    assert [(each["name"], each["type"]) for each in records] == [
        ("www.a.example", "A"),
        ("www.a.example", "AAAA"),
        ("a.example", "A"),
        ("a.example", "AAAA"),
    ]
    assert {each["alias"]["distribution"] for each in records} == {"site"}
