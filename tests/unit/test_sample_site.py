# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The sample site is one that can be published: names that tell the truth, and links that lead somewhere."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from ansible_collections.monay.platform.plugins.module_utils.aws.site_folder import Headers, read_folder
from ansible_collections.monay.platform.plugins.module_utils.core.site_release import make_release

SITE = Path(__file__).parents[2] / "simulator" / "samples" / "site"
PAGES = sorted(SITE.rglob("*.html"))
LINK = re.compile(r'(?:href|src)="([^"]+)"')


@pytest.fixture(scope="module")
def release():
    return make_release(read_folder(SITE, Headers()))


@pytest.mark.parametrize("path", sorted((SITE / "assets").iterdir()), ids=lambda path: path.name)
def test_names_hold_the_hash_of_the_content(release, path):
    assert path.name.split(".")[1] == hashlib.sha256(path.read_bytes()).hexdigest()[:10]
    assert release.files[f"assets/{path.name}"].role == "immutable"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(SITE)))
def test_links_lead_somewhere(release, page):
    shown = release.shown()

    links = LINK.findall(page.read_text(encoding="utf-8"))
    assert links
    assert all(link.removeprefix("/") in shown for link in links if link != "/")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(SITE)))
def test_nothing_is_inline_so_that_the_strict_policy_holds(page):
    text = page.read_text(encoding="utf-8")

    assert not re.search(r"<style|<script(?![^>]*src=)|\sstyle=|\son\w+=", text)
