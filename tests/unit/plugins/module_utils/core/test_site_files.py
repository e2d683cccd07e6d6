# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest

from ansible_collections.monay.platform.plugins.module_utils.core.plan import PlanRefused
from ansible_collections.monay.platform.plugins.module_utils.core.site_files import (
    File,
    addresses,
    cache_control,
    content_type,
    key_faults,
    patterns,
    role_of,
    with_addresses,
)


def file(key, role="page"):
    return File(key, "00", 1, ("etag",), content_type(key), cache_control(role), role)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("index.html", "text/html; charset=utf-8"),
        ("a/b.JS", "text/javascript; charset=utf-8"),
        ("a.mjs", "text/javascript; charset=utf-8"),
        ("a.js.map", "application/json; charset=utf-8"),
        ("site.webmanifest", "application/manifest+json; charset=utf-8"),
        ("a.svg", "image/svg+xml; charset=utf-8"),
        ("a.wasm", "application/wasm"),
        ("a.avif", "image/avif"),
        ("a.woff2", "font/woff2"),
        ("favicon.ico", "image/x-icon"),
        (".well-known/apple-app-site-association", "application/json; charset=utf-8"),
        ("robots.txt", "text/plain; charset=utf-8"),
        ("noending", "application/octet-stream"),
        ("a.unheardof", "application/octet-stream"),
    ],
)
def test_content_types(key, expected):
    assert content_type(key) == expected


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("index.html", "page"),
        ("about/index.3fa9b1c2.html", "page"),
        ("sw.js", "page"),
        ("manifest.webmanifest", "page"),
        (".well-known/security.txt", "page"),
        ("assets/app.3fa9b1c2.js", "immutable"),
        ("assets/app-3fa9b1c2d4e5.css", "immutable"),
        ("assets/app.3fa9b1c2.js.map", "immutable"),
        ("_next/static/chunks/main.js", "immutable"),
        ("docs/_next/static/chunks/main.js", "immutable"),
        ("favicon.ico", "asset"),
        ("photo-20240101.jpg", "asset"),
        ("hero-iPhone12Pro.png", "asset"),
        ("3fa9b1c2.js", "asset"),
        ("assets/index-DiwrgTda.js", "asset"),
    ],
)
def test_roles(key, expected):
    assert role_of(key) == expected


def test_a_pattern_makes_files_immutable_but_never_pages():
    compiled = patterns([r"^assets/"])

    assert role_of("assets/index-DiwrgTda.js", compiled) == "immutable"
    assert role_of("assets/index.html", compiled) == "page"


def test_a_bad_pattern_is_refused():
    with pytest.raises(PlanRefused, match="not a regular expression"):
        patterns(["("])


def test_cache_headers_are_the_callers_where_it_says_so():
    assert cache_control("page") == "no-cache"
    assert cache_control("immutable") == "public,max-age=31536000,immutable"
    assert cache_control("page", {"page": "max-age=5", "asset": None}) == "max-age=5"
    assert cache_control("asset", {"page": "max-age=5", "asset": None}).startswith("public,max-age=300")


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("index.html", ()),
        ("about/index.html", ("about/",)),
        ("about.html", ("about",)),
        ("docs/start.html", ("docs/start",)),
        ("app.js", ()),
    ],
)
def test_addresses_of_pages(key, expected):
    assert addresses(key) == expected


def test_a_file_wins_over_the_address_of_a_page():
    files = {"about.html": file("about.html"), "about": file("about", "asset")}

    assert with_addresses(files)["about"].role == "asset"
    assert with_addresses({"about.html": file("about.html")})["about"].content_type.startswith("text/html")


def test_names_that_cannot_be_served():
    assert key_faults(["a/b.js", "ü.html"]) == []
    assert "1000 bytes" in key_faults(["x" * 1001])[0]
    assert "characters" in key_faults(["a\nb"])[0]
