# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""dev with a data plane: real tasks, stores and front doors; API tests, browsers, good and bad deployments."""

from __future__ import annotations

import ssl
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.playbooks.conftest import Environment
from tests.support import browser
from tests.support.inventories import Inventory
from tests.support.playbooks import ROOT, Playbooks

FRONTENDS = ("monay-admin", "monay-cross-platform-web", "monay-enterprise-wallet")
SAMPLE_SITE = ROOT / "simulator" / "samples" / "site"

needs_browser = pytest.mark.skipif(
    browser.executable() is None, reason=f"no browser on PATH ({', '.join(browser.NAMES)}): see tools/system-packages"
)


class Dev(Environment):
    """dev, with the front doors of its simulator."""

    def port(self, hostname: str, listener_port: int = 443) -> int:
        doors = self.simulator.front_doors()["front_doors"]
        return next(
            each["port"] for each in doors if hostname in each["hostnames"] and each["listener_port"] == listener_port
        )

    def page(self, subdomain: str) -> browser.Page:
        """What a browser makes of an application's page."""
        hostname = f"{subdomain}.dev.monay.example"
        return browser.load(f"https://{hostname}.localhost:{self.port(hostname)}/", self.simulator.authority())

    def ask(self, url: str) -> tuple[int, str]:
        """Status and body of a GET through the simulator's proxy."""
        doors = self.simulator.front_doors()
        proxies = urllib.request.ProxyHandler({"http": doors["proxy"], "https": doors["proxy"]})
        context = ssl.create_default_context(cafile=doors["ca_bundle"])
        opener = urllib.request.build_opener(proxies, urllib.request.HTTPSHandler(context=context))
        with opener.open(url, timeout=30) as answer:
            return answer.status, answer.read().decode()


@pytest.fixture(scope="module")
def dev(prepared, tmp_path_factory) -> Iterator[Dev]:
    """Phases 1 to 3, phase 1 from a prepared account."""
    inventory = Inventory("dev", Path(tmp_path_factory.mktemp("inventory")))
    with prepared.simulator("dev", 1, data_plane=True) as simulator:
        credentials = simulator.env(inventory.account, inventory.region)
        yield Dev(
            inventory, simulator, Playbooks(inventory.path, credentials, {"static_site_folder": str(SAMPLE_SITE)})
        )


@pytest.fixture(scope="module")
def phase2(dev):
    return dev.playbooks.run("phase2").succeeded()


@pytest.fixture(scope="module")
def phase3(dev, phase2):
    return dev.playbooks.run("phase3").succeeded()


def reports(run):
    return {each["host"]: each["result"]["report"] for each in run.tasks if "report" in each["result"]}


def test_the_backend_is_tested_through_its_front_door(phase2):
    assert "healthy" in reports(phase2)["monay-backend-common"]
    assert "FAILED" not in reports(phase2)["monay-backend-common"]


def test_the_frontends_are_tested_through_their_front_doors(phase3):
    assert set(reports(phase3)) == {*FRONTENDS, "monay-website-static"}


def test_status_shows_what_runs(dev, phase3):
    run = dev.playbooks.run("status").succeeded()

    (applications,) = [each["result"]["applications"] for each in run.tasks if "applications" in each["result"]]
    assert {each["application"]: each["deployment"] for each in applications} == {
        "monay-backend-common": "SUCCESSFUL",
        **dict.fromkeys(FRONTENDS, "SUCCESSFUL"),
        "monay-website-static": "DEPLOYED",
    }
    assert {each["version"] for each in applications if each["application"] in FRONTENDS} == {"1.0.0"}


def test_http_leads_to_https(dev, phase3):
    status, body = dev.ask("http://admin.dev.monay.example/api/health")  # follows the redirect

    assert status == 200
    assert '"ok"' in body


@needs_browser
def test_the_site_in_a_browser(dev, phase3):
    page = dev.page("www")

    assert "Monay" in page.title
    assert page.text


@needs_browser
def test_an_application_in_a_browser(dev, phase3):
    page = dev.page("admin")

    # The second line is written by the page's script, from an answer of the application.
    assert "Version 1.0.0" in page.text
    assert "Asked by the browser: ok (1.0.0)" in page.text


def test_a_failing_api_test_fails_the_play_and_says_why(dev, phase3):
    request = {"name": "impossible", "path": "/api/health", "json": [{"path": "status", "equals": "perfect"}]}
    file = dev.inventory.edit_host("monay-admin", api_tests_requests=[request], api_tests_retries=0)

    run = dev.playbooks.run("phase3", "--limit", "monay-admin", "--tags", "api_tests")
    file.unlink()

    assert run.returncode != 0
    (failure,) = run.failures
    assert '- JSON status is "ok", not "perfect"' in failure
    assert '"version": "1.0.0"' in failure


def test_one_application_gets_a_new_version(dev, phase3):
    before = dev.now

    dev.playbooks.run("phase3", "--limit", "monay-admin", service_image_tag="1.1.0").succeeded()

    assert '"1.1.0"' in dev.ask("https://admin.dev.monay.example/api/version")[1]
    assert '"1.0.0"' in dev.ask("https://wallet.dev.monay.example/api/version")[1]
    updated = [call["resource"] for call in dev.writes(before) if call["operation"] == "UpdateService"]
    assert len(updated) == 1


def test_a_phase_run_keeps_the_version_and_the_weights(dev, phase3):
    before = dev.now

    run = dev.playbooks.run("phase3", "--limit", "monay-admin").succeeded()

    assert (run.changed_tasks, dev.writes(before)) == ([], [])
    assert '"1.1.0"' in dev.ask("https://admin.dev.monay.example/api/version")[1]


def test_a_broken_image_fails_the_play_and_says_why(dev, phase3):
    run = dev.playbooks.run("phase3", "--limit", "monay-enterprise-wallet", service_image_tag="1.2.0")

    assert run.returncode != 0
    (failure,) = run.failures
    assert "exit" in failure.lower(), failure
    assert '"1.0.0"' in dev.ask("https://wallet.dev.monay.example/api/version")[1], "the version before serves on"
