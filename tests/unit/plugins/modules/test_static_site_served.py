# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What visitors get: bucket, distribution and published site together, asked through CloudFront's front door."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

import pytest

from tests.simulator.targets import Client, door, trusting
from tests.support.modules import assert_settled, run_module
from tests.support.simulator import ACCOUNT, REGION, Simulator

SAMPLE = Path(__file__).parents[4] / "simulator" / "samples" / "site"
NAME, BUCKET = "monay-dev-website-static", f"monay-dev-{ACCOUNT}-site"


def ask(simulator, path):
    """Status, headers and text of what a visitor gets below the distribution's own host name."""
    found = door(simulator, 443, "distribution")
    client = Client(found["hostnames"][0], found["port"], trusting(simulator))
    try:
        status, headers, content = client.ask(path, Accept_Encoding="gzip")
    finally:
        Client.close_all()
    return status, headers, (gzip.decompress(content) if "content-encoding" in headers else content).decode()


@pytest.fixture
def simulator(monkeypatch):
    with Simulator(data_plane=True) as running:
        for name, value in running.env().items():
            monkeypatch.setenv(name, value)
        yield running


def publish(**what):
    return run_module("static_site", {"region": REGION, "bucket": BUCKET, "distribution": NAME, **what})


def test_a_site_is_served_changed_and_taken_back(simulator, tmp_path):
    site = tmp_path / "site"
    shutil.copytree(SAMPLE, site)
    bucket = {"name": BUCKET, "encryption": {"algorithm": "AES256"}, "versioning": True, "cloudfront_prefix": "site/"}
    run_module("s3_bucket", {"region": REGION, "account_id": ACCOUNT, "buckets": [bucket]})
    distribution = {
        "region": REGION,
        "name": NAME,
        "origin": {"bucket": BUCKET},
        "error_pages": [{"code": code, "page": "/404.html", "response_code": 404} for code in (403, 404)],
    }
    run_module("cloudfront_distribution", distribution)
    first = publish(folder=str(site))["release"]

    status, headers, page = ask(simulator, "/")
    assert status == 200
    assert "Money that" in page
    assert (headers["cache-control"], headers["content-encoding"]) == ("no-cache", "gzip")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["strict-transport-security"].startswith("max-age=")
    assert "default-src 'self'" in headers["content-security-policy"]
    assert ask(simulator, "/platform/")[0] == 200
    (script,) = (site / "assets").glob("app.*.js")
    assert ask(simulator, f"/assets/{script.name}")[1]["cache-control"].endswith("immutable")

    # Neither earlier releases nor what is about to be shown can be asked for.
    for hidden in ("/no-such-page", "/../current.json", "/current.json", f"/../releases/{first}.json"):
        status, _headers, page = ask(simulator, hidden)
        assert status == 404
        assert "nothing here" in page

    (site / "index.html").write_text("<title>New</title>", encoding="utf-8")
    assert publish(folder=str(site))["invalidated"] == ["/", "/index.html"]
    assert ask(simulator, "/")[2] == "<title>New</title>"
    publish(release=first)
    assert "Money that" in ask(simulator, "/")[2]
    assert_settled("cloudfront_distribution", distribution)
