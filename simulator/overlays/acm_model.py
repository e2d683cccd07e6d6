# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Certificates as ACM describes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Certificate:
    """`facts` has AWS's members of CertificateDetail; the material is there for imported certificates only."""

    facts: dict[str, Any]
    tags: dict[str, str] = field(default_factory=dict)
    token: str = ""
    body: str = ""
    chain: str = ""
    private_key: str = ""
    under_way: bool = False
    """Whether the issue of the certificate is scheduled."""


@dataclass
class Certificates:
    """Of an account and region, by ARN."""

    by_arn: dict[str, Certificate] = field(default_factory=dict)


def covers(names: list[str], host: str) -> bool:
    """Whether a certificate for these names is valid for a host; a star stands for one label."""
    parent = host.lower().partition(".")[2]
    return any(name.lower() in (host.lower(), f"*.{parent}") for name in names)
