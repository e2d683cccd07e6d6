# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest

from ansible_collections.monay.platform.plugins.module_utils.core.inventory_rules import problems


@pytest.mark.parametrize(
    ("values", "variable", "words"),
    [
        ({"service_min_count": 3, "service_max_count": 2}, "service_min_count", "above service_max_count (2), got 3"),
        ({"service_min_count": -1}, "service_min_count", "0 to 5000, got -1"),
        ({"service_spot_percent": 101}, "service_spot_percent", "0 to 100, got 101"),
        ({"service_stop_timeout": 300}, "service_stop_timeout", "2 to 120, got 300"),
        ({"service_start_seconds": 600}, "service_start_seconds", "0 to 300, got 600"),
        ({"service_deployment_bake_minutes": 2000}, "service_deployment_bake_minutes", "0 to 1440"),
        ({"service_user": "root"}, "service_user", "does not run as root"),
        ({"service_user": "0:0"}, "service_user", "does not run as root"),
        ({"service_image_tag": "latest"}, "service_image_tag", "name a release"),
    ],
)
def test_refused(values, variable, words):
    (problem,) = problems(values)

    assert problem.variable == variable
    assert words in problem.message


@pytest.mark.parametrize(
    "values",
    [
        {"service_min_count": 0, "service_max_count": 1},
        {"service_user": "1000:1000", "service_image_tag": "", "service_first_image_tag": "1.0.0"},
        {"service_spot_percent": 100, "service_stop_timeout": 120, "service_start_seconds": 300},
    ],
)
def test_let_pass(values):
    assert problems(values) == []
