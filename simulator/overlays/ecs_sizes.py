# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The sizes of Fargate tasks: which memory goes with which CPU."""

from __future__ import annotations

import re

GIB = 1024
PAIRS: dict[int, tuple[int, ...]] = {
    256: (512, GIB, 2 * GIB),
    512: tuple(GIB * size for size in range(1, 5)),
    1024: tuple(GIB * size for size in range(2, 9)),
    2048: tuple(GIB * size for size in range(4, 17)),
    4096: tuple(GIB * size for size in range(8, 31)),
    8192: tuple(GIB * size for size in range(16, 61, 4)),
    16384: tuple(GIB * size for size in range(32, 121, 8)),
    32768: tuple(GIB * size for size in (60, 120, 180, 240, 244)),
}


def cpu_units(given: str) -> int | None:
    """`512`, `0.5 vCPU` or `.5 vcpu` in units of which 1024 are a processor."""
    match = re.fullmatch(r"\s*(\d*\.?\d+)\s*(vcpu)?\s*", given, re.IGNORECASE)
    if match is None:
        return None
    return round(float(match.group(1)) * (1024 if match.group(2) else 1))


def memory_mib(given: str) -> int | None:
    """`1024`, `1 GB` or `1GB` in MiB."""
    match = re.fullmatch(r"\s*(\d*\.?\d+)\s*(gb)?\s*", given, re.IGNORECASE)
    if match is None:
        return None
    return round(float(match.group(1)) * (GIB if match.group(2) else 1))
