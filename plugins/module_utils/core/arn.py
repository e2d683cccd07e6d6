# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Read Amazon Resource Names. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Arn:
    """`type` is AWS's word behind the service (`vpc`, `db`, `log-group`), or "" where the service has none (S3)."""

    service: str
    region: str
    account: str
    type: str
    name: str

    @property
    def kind(self) -> str:
        """Service and type in one word, as in `ec2:subnet`."""
        return f"{self.service}:{self.type}" if self.type else self.service


# Services whose ARNs end in a bare name.
UNTYPED = {"s3", "sns", "sqs"}


def parse_arn(arn: str) -> Arn:
    """Split an ARN. Raises ValueError for text that is none.

    Source: AWS reference guide, "Amazon Resource Names": `arn:partition:service:region:account:type/name`, or
    `type:name` at the end.
    """
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn":
        raise ValueError(f"not an ARN: {arn!r}")
    _arn, _partition, service, region, account, rest = parts
    if service in UNTYPED:
        return Arn(service, region, account, "", rest)
    type_, _separator, name = re.split(r"([/:])", rest, maxsplit=1) if re.search(r"[/:]", rest) else ("", "", rest)
    return Arn(service, region, account, type_, name)
