# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest

from ansible_collections.monay.platform.plugins.module_utils.core.ecs_size import fargate_problem, units


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0.25 vCPU", "256"),
        (".5 vcpu", "512"),
        ("1vCPU", "1024"),
        ("1 GB", "1024"),
        ("0.5GB", "512"),
        (256, "256"),
        ("512", "512"),
        ("0.3 vCPU", "0.3 vCPU"),
        ("much", "much"),
    ],
)
def test_one_spelling_of_a_size(value, expected):
    assert units(value) == expected


@pytest.mark.parametrize(
    ("cpu", "memory"), [(256, 512), ("0.25 vCPU", "2 GB"), (512, 4096), (1024, 8192), (4096, 30720), (16384, 122880)]
)
def test_pairs_that_fargate_takes(cpu, memory):
    assert fargate_problem(cpu, memory) == ""


@pytest.mark.parametrize(
    ("cpu", "memory", "words"),
    [
        (256, 4096, "with 256 CPU units Fargate takes 512, 1024, 2048 MiB of memory, got 4096"),
        (512, 512, "takes 1024 to 4096 in steps of 1024 MiB"),
        (8192, 17408, "takes 16384 to 61440 in steps of 4096 MiB"),
        (300, 512, "Fargate takes 256, 512, 1024, 2048, 4096, 8192, 16384 CPU units, got 300"),
    ],
)
def test_says_what_would_fit(cpu, memory, words):
    assert words in fargate_problem(cpu, memory)
