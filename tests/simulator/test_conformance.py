# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every operation that an overlay answers conforms to botocore's model of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from simulator import overlays
from simulator.overlay import ANSWERS
from tests.simulator.scenarios import SCENARIOS

if TYPE_CHECKING:
    from tests.simulator.conftest import Watched
    from tests.support.simulator import Simulator

overlays.load_all()


def _operation_of(problem: str) -> str:
    return problem.split(" ", maxsplit=1)[0].split(".", maxsplit=1)[0].split("[", maxsplit=1)[0]


@pytest.fixture(scope="module")
def observed(running_simulator: Simulator, watched: Watched) -> Watched:
    """Run all scenarios, each in an empty account."""
    running_simulator.settings(latency_ms=0, speed="inf")
    for scenario in SCENARIOS:
        running_simulator.reset()
        scenario(watched)
    return watched


@pytest.mark.parametrize("key", sorted(ANSWERS), ids=lambda key: f"{key[0]}.{key[1]}")
def test_an_overlaid_operation_is_asked_and_conforms(observed: Watched, key: tuple[str, str]) -> None:
    assert key in observed.operations, "no scenario asks this operation: add it to scenarios.py"
    assert [problem for problem in observed.problems if _operation_of(problem) == key[1]] == []


def test_nothing_else_that_the_scenarios_ask_breaks_the_model(observed: Watched) -> None:
    known = {operation for _service, operation in ANSWERS}
    assert [problem for problem in observed.problems if _operation_of(problem) not in known] == []


def test_the_check_itself_finds_an_unknown_and_a_missing_member(running_simulator: Simulator) -> None:
    """The check must be able to fail: a made-up answer with one member too many, and without the one it needs."""
    from tests.simulator.conformance import problems

    operation = running_simulator.client("kms").meta.service_model.operation_model("DescribeKey")
    found = problems(
        operation, 200, b'{"KeyMetadata": {"KeyId": "k", "Colour": "red"}}', {"KeyMetadata": {"KeyId": "k"}}
    )
    assert "DescribeKey.KeyMetadata has the unknown member Colour" in found
    assert "DescribeKey lacks KeyMetadata.Arn" in found
