# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""CPU and memory of a task: AWS's spellings, and the pairs that Fargate takes. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

# Source: ECS API reference, RegisterTaskDefinition, `cpu` and `memory`: MiB by CPU units.
FARGATE_SIZES: dict[int, Sequence[int]] = {
    256: (512, 1024, 2048),
    512: range(1024, 4096 + 1, 1024),
    1024: range(2048, 8192 + 1, 1024),
    2048: range(4096, 16384 + 1, 1024),
    4096: range(8192, 30720 + 1, 1024),
    8192: range(16384, 61440 + 1, 4096),
    16384: range(32768, 122880 + 1, 8192),
}
UNITS = {"vcpu": 1024, "gb": 1024, "": 1}


def units(value: Any) -> str:
    """CPU units or MiB as digits: `0.25 vCPU` is 256, `1 GB` is 1024. What has another form stays as it is."""
    found = re.fullmatch(r"(\d*\.?\d+)\s*(vcpu|gb|)", str(value).strip().lower())
    amount = float(found[1]) * UNITS[found[2]] if found else 0.0
    return str(int(amount)) if found and amount == int(amount) else str(value)


def fargate_problem(cpu: Any, memory: Any) -> str:
    """Why Fargate does not take this pair, with what it would take; empty where it does."""
    sizes = {str(key): [str(each) for each in value] for key, value in FARGATE_SIZES.items()}
    found = sizes.get(units(cpu))
    if found is None:
        return f"Fargate takes {', '.join(sizes)} CPU units, got {cpu!r}"
    if units(memory) in found:
        return ""
    step = f" in steps of {int(found[1]) - int(found[0])}" if len(found) > 3 else ""
    fitting = f"{found[0]} to {found[-1]}{step}" if step else ", ".join(found)
    return f"with {cpu} CPU units Fargate takes {fitting} MiB of memory, got {memory!r}"
