# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The files of a static site: what browsers are told of each, and what S3 calls its content. Pure.

Three roles decide when a file is published and how long it is cached:

- `immutable`: its name holds a hash of its content, so that it never changes and may be cached for ever;
- `asset`: anything else that pages need (favicon, unhashed images and styles);
- `page`: what a visitor enters by, or what tells a browser what is current: documents, service workers, manifests.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from .plan import PlanRefused

Role = Literal["immutable", "asset", "page"]
IMMUTABLE, ASSET, PAGE = "immutable", "asset", "page"

CACHE_CONTROL: dict[str, str] = {
    IMMUTABLE: "public,max-age=31536000,immutable",
    ASSET: "public,max-age=300,stale-while-revalidate=60",
    PAGE: "no-cache",
}
ENTRY = "index.html"
# S3 takes keys of this many bytes; the rest is for the prefix.
MAX_KEY_BYTES = 1000

# The types of the web, by the end of a name. Our own table, because that of the machine differs from one to the next.
TEXT_TYPES: dict[str, str] = {
    "atom": "application/atom+xml",
    "css": "text/css",
    "csv": "text/csv",
    "geojson": "application/geo+json",
    "htm": "text/html",
    "html": "text/html",
    "ics": "text/calendar",
    "js": "text/javascript",
    "json": "application/json",
    "jsonld": "application/ld+json",
    "map": "application/json",
    "md": "text/markdown",
    "mjs": "text/javascript",
    "rss": "application/rss+xml",
    "svg": "image/svg+xml",
    "txt": "text/plain",
    "vcf": "text/vcard",
    "vtt": "text/vtt",
    "webmanifest": "application/manifest+json",
    "xhtml": "application/xhtml+xml",
    "xml": "application/xml",
    "xsl": "application/xml",
    "yaml": "application/yaml",
    "yml": "application/yaml",
}
BINARY_TYPES: dict[str, str] = {
    "7z": "application/x-7z-compressed",
    "aac": "audio/aac",
    "apng": "image/apng",
    "avif": "image/avif",
    "bmp": "image/bmp",
    "br": "application/octet-stream",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "eot": "application/vnd.ms-fontobject",
    "epub": "application/epub+zip",
    "flac": "audio/flac",
    "gif": "image/gif",
    "glb": "model/gltf-binary",
    "gz": "application/gzip",
    "heic": "image/heic",
    "ico": "image/x-icon",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "jxl": "image/jxl",
    "m4a": "audio/mp4",
    "m4v": "video/mp4",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "ogg": "audio/ogg",
    "ogv": "video/ogg",
    "opus": "audio/ogg",
    "otf": "font/otf",
    "pdf": "application/pdf",
    "png": "image/png",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "tar": "application/x-tar",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "ttf": "font/ttf",
    "wasm": "application/wasm",
    "wav": "audio/wav",
    "weba": "audio/webm",
    "webm": "video/webm",
    "webp": "image/webp",
    "woff": "font/woff",
    "woff2": "font/woff2",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}
DEFAULT_TYPE = "application/octet-stream"
# Names without an end that are text all the same. Apple's files are JSON by its own rule.
NAMED_TYPES = {
    "apple-app-site-association": "application/json; charset=utf-8",
    "CNAME": "text/plain; charset=utf-8",
    "LICENSE": "text/plain; charset=utf-8",
    "humans.txt": "text/plain; charset=utf-8",
}
PAGE_ENDINGS = frozenset({"html", "htm", "xhtml", "webmanifest"})
# Browsers ask for these names again and again, to learn of a new version.
PAGE_NAMES = frozenset({"sw.js", "service-worker.js", "registerSW.js", "asset-manifest.json", "robots.txt"})

# A part of a name that is a hash: at least eight hexadecimal digits, with a letter because a date has none. Hashes in
# other alphabets look like words ("iPhone12Pro"), and a word that is cached for a year does harm: name them by pattern.
_SEPARATED = re.compile(r"[.\-_]")
_HASH = re.compile(r"(?=.*[0-9])(?=.*[a-f])[0-9a-f]{8,64}")
# Folders whose content a framework never changes under the same name.
IMMUTABLE_FOLDERS = ("_next/static/", "_app/immutable/", "_astro/", "_nuxt/")


@dataclass(frozen=True)
class File:
    """One file of a release: its path within the site, its content, and the headers that it is served with.

    `etags` are the names that S3 may give to this content: its MD5, and another for an upload in parts.
    """

    key: str
    sha256: str
    size: int
    etags: tuple[str, ...]
    content_type: str
    cache_control: str
    role: Role

    def same_as(self, other: File) -> bool:
        """Whether visitors could not tell the two apart."""
        return (self.sha256, self.content_type, self.cache_control) == (
            other.sha256,
            other.content_type,
            other.cache_control,
        )

    def to_json(self) -> list[Any]:
        return [self.sha256, self.size, list(self.etags), self.content_type, self.cache_control, self.role]

    @classmethod
    def from_json(cls, key: str, value: list[Any]) -> File:
        sha256, size, etags, content_type, cache_control, role = value
        return cls(key, sha256, size, tuple(etags), content_type, cache_control, role)


def content_type(key: str) -> str:
    """The Content-Type of a file by its name; text is UTF-8."""
    name = key.rpartition("/")[2]
    if name in NAMED_TYPES:
        return NAMED_TYPES[name]
    ending = _ending(name)
    if ending in TEXT_TYPES:
        return f"{TEXT_TYPES[ending]}; charset=utf-8"
    return BINARY_TYPES.get(ending, DEFAULT_TYPE)


def role_of(key: str, immutable: Iterable[re.Pattern[str]] = ()) -> Role:
    """The role of a file by its path; `immutable` are more patterns, searched in it, of files that never change."""
    name = key.rpartition("/")[2]
    if _ending(name) in PAGE_ENDINGS or name in PAGE_NAMES or key.startswith(".well-known/"):
        return "page"
    if any(pattern.search(key) for pattern in immutable) or any(
        key.startswith(folder) or f"/{folder}" in key for folder in IMMUTABLE_FOLDERS
    ):
        return "immutable"
    return "immutable" if _hashed(name) else "asset"


def cache_control(role: Role, wanted: Mapping[str, str | None] | None = None) -> str:
    """The Cache-Control of a role; `wanted` may say another one for `asset` and `page`."""
    return (wanted or {}).get(role) or CACHE_CONTROL[role]


def patterns(texts: Iterable[str]) -> list[re.Pattern[str]]:
    """The regular expressions. Raises PlanRefused for one that is none."""
    try:
        return [re.compile(text) for text in texts]
    except re.error as error:
        raise PlanRefused(f"immutable: {error.pattern!r} is not a regular expression: {error}") from error


def key_faults(keys: Iterable[str]) -> list[str]:
    """What S3 or CloudFront could not serve."""
    faults = []
    for key in keys:
        if len(key.encode("utf-8", "surrogateescape")) > MAX_KEY_BYTES:
            faults.append(f"{key[:60]}... has a path of more than {MAX_KEY_BYTES} bytes")
        elif not key.isprintable():
            faults.append(f"{key!r} has characters in its name that no address can hold")
    return faults


def addresses(key: str) -> tuple[str, ...]:
    """The keys besides its own that a page is published under, so that S3 answers at the address that people use.

    `about/index.html` is `about/` too, `about.html` is `about`. S3 behind CloudFront knows no directory index; with the
    page under these keys none is needed, and relative links mean the same at either address.
    """
    if key.endswith(f"/{ENTRY}"):
        return (key.removesuffix(ENTRY),)
    return (key.removesuffix(".html"),) if key.endswith(".html") and key != ENTRY else ()


def with_addresses(files: Mapping[str, File]) -> dict[str, File]:
    """The files with pages under their further addresses, too, by address. A file of that name wins."""
    more = {address: file for key, file in files.items() if file.role == PAGE for address in addresses(key)}
    return {**more, **files}


def part_etag(digests: Iterable[bytes]) -> str:
    """What S3 calls an object that was uploaded in parts with these MD5 digests."""
    parts = list(digests)
    return f"{hashlib.md5(b''.join(parts), usedforsecurity=False).hexdigest()}-{len(parts)}"


def _ending(name: str) -> str:
    return name.rpartition(".")[2].lower() if "." in name else ""


def _hashed(name: str) -> bool:
    """Whether a part of the name, other than the first and the ending, looks like a hash of the content."""
    stem = name.removesuffix(".map").rpartition(".")[0]
    return any(_HASH.fullmatch(part) for part in _SEPARATED.split(stem)[1:])
