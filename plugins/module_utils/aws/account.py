# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which account this is, and which zones its region has."""

from __future__ import annotations

import ipaddress
import typing as t
from urllib.parse import urlsplit, urlunsplit

from .api import Api


def caller_identity(sts: Api) -> tuple[str, str]:
    """The account and the ARN of whoever makes the calls."""
    answer = sts.read("get_caller_identity", "find out whose credentials these are")
    return answer["Account"], answer["Arn"]


def zones(ec2: Api) -> list[dict[str, t.Any]]:
    """The availability zones of the region that the account can use, as AWS describes them."""
    doing = "list availability zones"
    filters = [{"Name": "zone-type", "Values": ["availability-zone"]}]
    return ec2.pages("describe_availability_zones", "AvailabilityZones", doing, Filters=filters)


def leave_ip_hosts_alone(api: Api) -> Api:
    """Undo what S3 Control does to the host of an endpoint that is an IP address. Returns the same Api.

    botocore puts the account's id before the endpoint's host, and `111111111111.127.0.0.1` is no host. The account
    is in the header `x-amz-account-id` too. This happens before the request is signed, so the signature is right.
    """
    host = urlsplit(api.client.meta.endpoint_url).hostname or ""
    if _is_ip(host):

        def restore(request: t.Any, **_event: t.Any) -> None:
            parts = urlsplit(request.url)
            prefix, _dot, rest = parts.netloc.partition(".")
            if prefix == request.headers.get("x-amz-account-id"):
                request.url = urlunsplit(parts._replace(netloc=rest))

        api.client.meta.events.register("before-sign.s3-control", restore)
    return api


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
