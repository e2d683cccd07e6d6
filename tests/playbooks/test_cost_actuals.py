# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was spent beside what was estimated, as users ask for it."""

from __future__ import annotations

import datetime as dt
import json
import re

import pytest

from tests.support import browser

pytestmark = pytest.mark.slow
TODAY = dt.datetime.now(tz=dt.UTC).date()
RDS = {"service": "Amazon Relational Database Service", "usage_type": "InstanceUsage:db.t3.medium"}
NAT = {"service": "EC2 - Other", "usage_type": "NatGateway-Hours"}


def days(number, usd, component, **what):
    tags = {"Environment": "dev", "Component": component} if component else {}
    dates = [(TODAY - dt.timedelta(days=ago)).isoformat() for ago in range(number)]
    return [{"date": date, "usd": usd, "tags": tags, **what} for date in dates]


@pytest.fixture(scope="module")
def spent(environment, tmp_path_factory):
    """A report of dev with two months of costs, and the run that wrote it."""
    dev, folder = environment("dev"), tmp_path_factory.mktemp("reports")
    records = [
        *days(62, 2, "monay-postgres", **RDS),
        *days(62, 1.5, "monay-vpc", **NAT),
        *days(1, 4, "", service="Amazon Polly"),
    ]
    dev.simulator.control("PUT", "costs", {"account": dev.inventory.account, "records": records})
    run = dev.playbooks.run("cost", cost_actuals=True, cost_report_directory=str(folder)).succeeded()
    return dev, folder, run


def test_beside_the_estimate_and_the_budget(spent):
    _dev, folder, run = spent
    report = json.loads((folder / "cost-monay-dev.json").read_text())
    actuals = report["actuals"]
    first = TODAY.replace(day=1)
    in_month = ((first + dt.timedelta(days=32)).replace(day=1) - first).days

    assert actuals["spent"] == 3.5 * TODAY.day
    assert actuals["expected"] == pytest.approx(3.5 * in_month, abs=0.01)
    assert actuals["account"]["untagged"] == 4
    services = {each["service"]: each for each in actuals["services"]}
    assert services["rds"]["expected"] == pytest.approx(2 * in_month, abs=0.01)
    estimate = next(each["expected"] for each in report["services"] if each["name"] == "rds")
    row = next(line for line in run.output.splitlines() if re.match(r"\s*RDS +50.00", line) and "+" in line)
    assert f"{services['rds']['expected'] - estimate:+,.2f}" in row
    assert "if it goes on like the last seven days" in run.output
    assert "AWS has no forecast: " in run.output
    assert "(no such tag)" not in run.output
    markdown = (folder / "cost-monay-dev.md").read_text()
    assert "### Spent this month, by service" in markdown
    assert "| monay-postgres |" in markdown


def test_it_only_reads(spent):
    dev, _folder, _run = spent

    assert dev.writes(since=0) == []


@pytest.mark.skipif(browser.executable() is None, reason="no Chromium on this machine")
def test_the_page_in_a_browser(spent):
    _dev, folder, _run = spent
    report = json.loads((folder / "cost-monay-dev.json").read_text())

    page = browser.load((folder / "cost-monay-dev.html").as_uri(), None)

    assert page.html.count('class="spent"') == len(report["actuals"]["services"]) + 2  # rds and all of it have budgets
    for each in report["actuals"]["services"]:
        assert f"{each['spent']:,.2f}" in page.text
        assert f", spent ${each['expected']:,.2f}" in page.text
    embedded = re.search(r'<script type="application/json" id="report">(.*?)</script>', page.html, re.DOTALL)
    assert embedded
    assert json.loads(embedded[1]) == report


def test_a_tag_that_is_not_activated(spent, tmp_path):
    dev, _folder, _run = spent

    run = dev.playbooks.run("cost", cost_actuals=True, cost_actuals_tag={"environment": "dev"}).succeeded()

    assert "Is cost_actuals_tag activated as a cost allocation tag?" in run.output


def test_what_may_not_be_asked_fails_with_what_to_do(spent):
    dev, _folder, _run = spent
    dev.simulator.fault("deny", match={"service": "ce"}, times=9)

    run = dev.playbooks.run("cost", cost_actuals=True)

    dev.simulator.clear_faults()
    assert run.returncode != 0
    assert any("The caller needs ce:GetCostAndUsage" in message for message in run.failures)


def test_without_it_nobody_is_asked(spent):
    dev, _folder, _run = spent
    since = len(dev.simulator.calls())

    run = dev.playbooks.run("cost").succeeded()

    assert len(dev.simulator.calls()) == since
    assert "Spent" not in run.output
