# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Objects of simulated S3 as an origin: read past the API, but only by what the bucket's policy allows."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from simulator.dataplane.bucket_policy import Caller, allows

if TYPE_CHECKING:
    from simulator.dataplane.sites import Behaviour, Site
    from simulator.world import World

BUCKET = re.compile(r"(?P<name>.+)\.s3(?:[.-](?P<region>[a-z0-9-]+))?\.amazonaws\.com")
PASSED = ("cache-control", "content-disposition", "content-encoding", "content-language", "expires")


@dataclass(frozen=True)
class Fetched:
    """An origin's answer."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def fetch(world: World, site: Site, behaviour: Behaviour, path: str) -> Fetched:
    """What S3 answers to the distribution; takes the world's lock, so it is not for the loop's thread."""
    found = BUCKET.fullmatch(behaviour.origin["DomainName"])
    if found is None:
        return Fetched(502, b"The simulator carries S3 origins alone.", {"Content-Type": "text/plain"})
    name = found.group("name")
    key = unquote(f"{behaviour.origin['OriginPath']}{path}".removeprefix("/"))
    with world.lock:
        return _read(world, site, behaviour, name, key)


def _read(world: World, site: Site, behaviour: Behaviour, name: str, key: str) -> Fetched:
    owner = world.bucket_owners().get(name)
    if owner is None:
        return _error(404, "NoSuchBucket", "The specified bucket does not exist")
    bucket: Any = world.backend("s3", owner[1], "aws").buckets[name]
    control = behaviour.control
    signs = control is not None and control["SigningBehavior"] != "never"
    caller = Caller(site.arn, site.account) if signs else Caller()
    if not _may(bucket, caller, "s3:GetObject", f"arn:aws:s3:::{name}/{key}"):
        return _error(403, "AccessDenied", "Access Denied")
    item = bucket.keys.get(key)
    if item is None or not hasattr(item, "value"):
        # whoever may not list a bucket is not told what is not there
        if _may(bucket, caller, "s3:ListBucket", f"arn:aws:s3:::{name}"):
            return _error(404, "NoSuchKey", "The specified key does not exist.")
        return _error(403, "AccessDenied", "Access Denied")
    headers = {"Content-Type": "binary/octet-stream"}
    for header, value in item.metadata.items():
        lowered = header.lower()
        if lowered == "content-type" or lowered in PASSED or lowered.startswith("x-amz-meta-"):
            headers[_title(lowered)] = value if isinstance(value, str) else str(value)
    headers |= {"ETag": item.etag, "Last-Modified": item.last_modified_RFC1123, "Server": "AmazonS3"}
    headers["x-amz-server-side-encryption"] = item.encryption or "AES256"
    return Fetched(200, bytes(item.value), headers)


def _title(name: str) -> str:
    return name if name.startswith("x-amz-") else "-".join(part.capitalize() for part in name.split("-"))


def _may(bucket: Any, caller: Caller, action: str, resource: str) -> bool:
    block = bucket.public_access_block
    restricted = block is not None and block.restrict_public_buckets in (True, "true")
    if not caller.arn and restricted:
        return False
    policy = bucket.policy.decode() if isinstance(bucket.policy, bytes) else bucket.policy
    return allows(policy, caller, action, resource)


def _error(status: int, code: str, message: str) -> Fetched:
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Fetched(status, body.encode(), {"Content-Type": "application/xml", "Server": "AmazonS3"})
