# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from ansible_collections.monay.platform.plugins.filter.application_list import FilterModule


def test_lists_the_applications_among_the_hosts():
    catalogue = {"monay-admin": {"kind": "nextjs", "subdomain": "admin"}}
    function = FilterModule().filters()["application_list"]

    (found,) = function(catalogue, "monay", "dev", "dev.monay.example", "111111111111", ["monay-vpc", "monay-admin"])

    assert (found["host"], found["name"]) == ("monay-admin", "monay-dev-admin")
