# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The cost of the shipped environments and of variants of them, to the cent, and the reports of it as users get them.

Needs no simulator: whoever estimates has no account yet.
"""

from __future__ import annotations

import json
import re
import resource
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import pytest

from tests.support import browser
from tests.support.golden_costs import Golden, total, usd
from tests.support.inventories import ROOT, Inventory
from tests.support.playbooks import Playbooks

pytestmark = pytest.mark.slow
VARIANTS_PLAYBOOK = "../tests/playbooks/cost_variants"
# Metrics that alarms watch, and composite alarms, as docs/monitoring.md lists them.
BASIC = {
    "service": (12, 1),
    "static_site": (2, 1),
    "load_balancer": (3, 0),
    "database": (3, 0),
    "cache": (2, 0),
    "domain": (2, 0),
    "network": (1, 0),
}
ENHANCED = {
    "service": (19, 1),
    "static_site": (5, 1),
    "load_balancer": (5, 0),
    "database": (5, 0),
    "cache": (10, 0),
    "domain": (2, 0),
    "network": (4, 0),
}
FULL = {
    "service": (25, 1),
    "static_site": (5, 1),
    "load_balancer": (7, 0),
    "database": (7, 0),
    "cache": (14, 0),
    "domain": (2, 0),
    "network": (6, 0),
}
QUARTER, HALF = Fraction(1, 4), Fraction(1, 2)
DEV = Golden(
    zones=2,
    nat_gateways=1,
    tasks=(1, 1, 1),
    vcpu=QUARTER,
    gb=HALF,
    database=usd("rds.db.t3.medium.single"),
    storage=(20, 100),
    storage_price=usd("rds.storage.single"),
    cache_node="cache.t3.small",
    cache_nodes=1,
    lcus=Fraction(1, 5),
    internet=50,
    cdn=20,
    requests=1_000_000,
    nat_gb=50,
    cross_zone=10,
    stored=5,
    log_gb=Fraction(5, 2),
    image_gb=Fraction(5, 2),
    retention=14,
    alarms=BASIC,
)
STAGING = replace(
    DEV,
    nat_gateways=2,
    tasks=(2, HALF * 5, 4),
    vcpu=HALF,
    gb=Fraction(1),
    # No list has Multi-AZ for this class: twice Single-AZ is assumed.
    database=2 * usd("rds.db.t3.large.single"),
    storage=(50, 200),
    storage_price=usd("rds.storage.multi"),
    cache_node="cache.t3.medium",
    cache_nodes=2,
    retention=30,
    alarms=ENHANCED,
    insights=(15, usd("insights.enabled")),
)
PROD = replace(
    STAGING,
    zones=3,
    nat_gateways=3,
    endpoints=4,
    tasks=(3, Fraction(21, 4), 12),
    vcpu=Fraction(1),
    gb=Fraction(2),
    database=2 * usd("rds.db.r5.xlarge.single"),
    replicas=1,
    replica=usd("rds.db.r5.xlarge.single"),
    storage=(100, 1000),
    cache_node="cache.r5.large",
    lcus=Fraction(1),
    internet=2200,
    cdn=1000,
    requests=10_000_000,
    nat_gb=200,
    cross_zone=200,
    stored=50,
    log_gb=Fraction(10),
    image_gb=Fraction(5),
    retention=90,
    alarms=FULL,
    insights=(15, usd("insights.enhanced")),
    copies=True,
)


@dataclass(frozen=True)
class Variant:
    """A change of an environment, and the same for the golden figures."""

    name: str
    environment: str
    golden: Golden
    variables: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)


VARIANTS = [
    Variant("dev", "dev", DEV),
    Variant("dev on ARM", "dev", replace(DEV, arm=True), {"service_architecture": "ARM64"}),
    Variant(
        "dev with larger tasks",
        "dev",
        replace(DEV, vcpu=Fraction(1), gb=Fraction(2)),
        {"service_cpu": 1024, "service_memory": 2048},
    ),
    Variant("dev with four tasks", "dev", replace(DEV, tasks=(4, 4, 4)), {"service_min_count": 4}),
    Variant(
        "dev, scaled",
        "dev",
        replace(DEV, tasks=(1, Fraction(13, 4), 10)),
        {"service_autoscaling": True, "service_max_count": 10},
    ),
    Variant(
        "dev on Fargate Spot",
        "dev",
        replace(DEV, tasks=(1, 3, 9), spot=(HALF, Fraction(2, 5))),
        {"service_autoscaling": True, "service_max_count": 9, "service_spot_percent": 50},
        {"spot": 60},
    ),
    Variant(
        "dev on EC2",
        "dev",
        replace(DEV, instances=(0, 2, 4)),
        {"ecs_cluster_capacity": "ec2", "cost_usage_instances": 2},
    ),
    Variant("dev by day", "dev", replace(DEV, hours=220), {"cost_usage_service_hours": 220}),
    Variant(
        "dev without nights and weekends",
        "dev",
        replace(DEV, tasks=(Fraction(65, 168),) * 3),
        {
            "service_autoscaling": True,
            "service_max_count": 1,
            "service_autoscaling_schedules": [
                {"name": "off", "schedule": "cron(0 20 ? * MON-FRI *)", "min_capacity": 0, "max_capacity": 0},
                {"name": "on", "schedule": "cron(0 7 ? * MON-FRI *)", "min_capacity": 1, "max_capacity": 1},
            ],
        },
    ),
    Variant(
        "dev in two zones",
        "dev",
        replace(DEV, database=usd("rds.db.t4g.small.multi"), storage_price=usd("rds.storage.multi")),
        {"database_instance_class": "db.t4g.small", "database_multi_az": True},
    ),
    Variant(
        "dev with Valkey",
        "dev",
        replace(DEV, cache_engine="valkey", cache_node="cache.t4g.micro"),
        {"cache_engine": "valkey", "cache_node_type": "cache.t4g.micro"},
    ),
    Variant("dev without a firewall", "dev", replace(DEV, web_acl=False), {"web_acl_enabled": False}),
    Variant("dev inside", "dev", replace(DEV, internal=True), {"load_balancer_scheme": "internal"}),
    Variant(
        "dev with endpoints",
        "dev",
        replace(DEV, endpoints=2),
        {"network_interface_endpoints": ["logs", "secretsmanager"]},
    ),
    Variant("dev in the free tier", "dev", replace(DEV, free_tier=True), options={"free_tier": True}),
    Variant("staging", "staging", STAGING),
    Variant(
        "staging with one database",
        "staging",
        replace(STAGING, database=usd("rds.db.t3.large.single"), storage_price=usd("rds.storage.single")),
        {"database_multi_az": False},
    ),
    Variant("prod", "prod", PROD),
    Variant(
        "prod on ARM, with Valkey",
        "prod",
        replace(
            PROD,
            arm=True,
            database=usd("rds.db.r6g.xlarge.multi"),
            replica=usd("rds.db.r6g.xlarge.single"),
            cache_engine="valkey",
            cache_node="cache.r6g.large",
        ),
        {
            "service_architecture": "ARM64",
            "database_instance_class": "db.r6g.xlarge",
            "cache_engine": "valkey",
            "cache_node_type": "cache.r6g.large",
        },
    ),
    Variant("prod in one region", "prod", replace(PROD, copies=False), {"platform_multi_region_backup": False}),
    Variant(
        "prod with a price of ones own",
        "prod",
        replace(PROD, insights_price=10),
        options={"prices_given": {"rds.performance_insights": 10}},
    ),
]


def ours(environment: str) -> Playbooks:
    return Playbooks(ROOT / "inventories" / environment, {})


def reported(inventory: Inventory, **variables: Any) -> dict[str, Any]:
    """The report of an inventory of its own."""
    folder = inventory.path.parent / "reports"
    Playbooks(inventory.path, {}).run("cost", cost_report_directory=str(folder), **variables).succeeded()
    return json.loads((folder / f"cost-monay-{inventory.environment}.json").read_text())


@pytest.fixture(scope="module")
def reports() -> dict[str, dict[str, Any]]:
    """The report of each variant: one run for each environment."""
    found = {}
    for environment in ("dev", "staging", "prod"):
        mine = [each for each in VARIANTS if each.environment == environment]
        items = [{"name": each.name, "variables": each.variables, **each.options} for each in mine]
        run = ours(environment).run(VARIANTS_PLAYBOOK, variants=items).succeeded()
        answers = [each["result"]["report"] for each in run.tasks if "report" in each["result"]]
        found.update(zip((each.name for each in mine), answers, strict=True))
    return found


def in_cents(cost):
    return tuple(round(cost[name] * 100) for name in ("minimum", "expected", "maximum"))


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda each: each.name)
def test_to_the_cent(reports, variant):
    report, golden = reports[variant.name], variant.golden.reckoned()
    found = {each["name"]: in_cents(each) for each in report["services"]}

    nothing = (0, 0, 0)
    assert {name: cost for name, cost in found.items() if cost != nothing} == {
        name: cost for name, cost in golden.items() if cost != nothing
    }
    assert in_cents(report["total"]) == total(golden.values())


CHANGES = [each for each in VARIANTS if each.variables and not each.options]


@pytest.mark.parametrize("variant", CHANGES, ids=lambda each: each.name)
def test_a_change_is_the_difference_of_two_estimates(reports, variant):
    plain = reports[variant.environment]
    announced, now = reports[variant.name]["change"], reports[variant.name]["total"]

    assert round(announced["expected"], 2) == round(now["expected"] - plain["total"]["expected"], 2)
    assert announced["variables"] == variant.variables


def test_what_is_unknown(reports):
    missing = {
        name: [line["what"] for line in report["lines"] if line["cost"] is None] for name, report in reports.items()
    }

    assert {name for name, lines in missing.items() if lines} == {
        "prod",
        "prod on ARM, with Valkey",
        "prod in one region",
    }
    assert missing["prod"] == ["Performance Insights, long-term"]


def test_the_design_documents_budgets(reports):
    budgets = {name: reports[name]["budget"] for name in ("dev", "staging", "prod")}

    assert {name: (each["total"], each["verdict"]) for name, each in budgets.items()} == {
        "dev": (355, "within"),
        "staging": (0, "no_budget"),
        "prod": (1925, "over"),
    }
    standings = {each["service"]: each["standing"] for each in budgets["prod"]["lines"]}
    assert standings["rds"] == standings["elasticache"] == "under_budgeted"
    assert standings["nat_gateway"] == "not_in_design"


def test_every_line_says_where_its_price_is_from(reports):
    for report in reports.values():
        for line in report["lines"]:
            assert line["basis"] == "unknown" or line["source"]
            assert line["kind"] == "fixed" or line["assumption"], line


# ------------------------------------------------------------------------------------------------------------- reports


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The report of prod in a folder, and the run that wrote it."""
    folder = tmp_path_factory.mktemp("reports")
    run = ours("prod").run("cost", cost_report_directory=str(folder))
    return folder, run.succeeded()


def test_the_table_ends_with_the_verdict(written):
    _folder, run = written

    assert "over the budget of $1,925.00" in run.output
    assert "No price is known for: Performance Insights" in run.output


def test_files(written, reports):
    folder, run = written

    assert sorted(path.name for path in folder.iterdir()) == [
        "cost-monay-prod.html",
        "cost-monay-prod.json",
        "cost-monay-prod.md",
    ]
    assert len(run.changed_tasks) == 1
    assert json.loads((folder / "cost-monay-prod.json").read_text())["lines"] == reports["prod"]["lines"]
    text = (folder / "cost-monay-prod.md").read_text()
    assert "| ECS Fargate | 800.00 | 756.84 | as budgeted |" in text


def test_compared_with_an_earlier_report_and_gated(written, tmp_path):
    folder, _run = written
    inventory = Inventory("prod", tmp_path)
    inventory.edit(network_nat_gateways="1")
    before = str(folder / "cost-monay-prod.json")

    run = Playbooks(inventory.path, {}).run("cost", "--check", cost_before=before, cost_gate=True)

    assert run.returncode != 0
    (message,) = run.failures
    # Two gateways less, their addresses, and the two alarms on each.
    assert f"The change costs ${2 * 730 * 0.05 + 4 * 0.1:.2f} a month less" in message
    assert "The budget is not kept" in message


def test_a_gate_that_stays_open():
    run = ours("dev").run("cost", cost_gate=True).succeeded()

    assert "within the budget of $355.00" in run.output


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"cost_budget": {"ecs": 200}}, "cost_budget names ecs"),
        ({"cost_budget": {"rds": 1}, "cost_proposal_risks": {"rds": 1}}, "cost_proposal_risks names rds; it may name"),
        ({"cost_before": "/nowhere.json"}, "/nowhere.json cannot be read"),
        ({"cost_before": "a.json", "cost_what_if": {"service_cpu": 512}}, "exclude each other"),
        ({"service_cpu": "{{ nobody_knows }}"}, "service_cpu of monay-admin cannot be worked out"),
    ],
)
def test_refusals(variables, words):
    run = ours("dev").run("cost", **variables)

    assert run.returncode != 0
    assert any(words in message for message in run.failures), run.output


# ------------------------------------------------------------------------------------------------------------ proposals


def test_a_proposal_keeps_the_budget_and_its_promise(written, tmp_path):
    """What is proposed, done in the inventory, costs what was announced."""
    folder, run = written
    before = json.loads((folder / "cost-monay-prod.json").read_text())
    proposal = before["proposal"]
    inventory = Inventory("prod", tmp_path)
    inventory.edit(**{each["variable"]: each["after"] for step in proposal["steps"] for each in step["variables"]})

    after = reported(inventory)

    assert "How the budget can be kept" in run.output
    assert proposal["met"]
    assert after["total"]["expected"] == proposal["expected"] <= 1925
    saved = sum(step["saved"] for step in proposal["steps"])
    assert round(before["total"]["expected"] - saved, 2) == proposal["expected"]
    # One line still has no price, so that nobody can say whether the budget is kept.
    assert (after["budget"]["verdict"], after["proposal"]) == ("unknown", None)


def test_what_may_not_be_changed_is_not_proposed():
    risks = dict.fromkeys(["service_half", "database_half", "database_single_az"])
    run = ours("prod").run("cost", cost_proposal_risks={**risks, "service_arm": 1}).succeeded()

    assert "What comes nearest to the budget" in run.output
    assert "No set of changes keeps the budget: with one change" in run.output


def test_what_follows_from_a_change_is_worked_out_again(tmp_path):
    """Of templates that mention what is changed, and of those that may mention anything."""
    inventory = Inventory("dev", tmp_path)
    inventory.edit(
        cost_budget={"rds": 1},
        database_read_replicas=1,
        database_allocated_storage="{{ 20 + 30 * database_read_replicas }}",
        database_log_retention_days="{{ 14 if lookup('vars', 'database_' ~ 'read_replicas') else 7 }}",
    )
    proposal = reported(inventory, cost_proposal_risks={"database_replica": 1})["proposal"]

    inventory.edit(database_read_replicas=0)

    assert [each["variable"] for step in proposal["steps"] for each in step["variables"]] == ["database_read_replicas"]
    assert reported(inventory, cost_propose=False)["total"]["expected"] == proposal["expected"]


def test_no_proposal_where_the_budget_is_kept(reports):
    assert reports["dev"]["proposal"] is None


# A page that a person opens has no script; this one measures it.
MEASURE = """<script>addEventListener('load', () => {
document.title = JSON.stringify({width: document.documentElement.scrollWidth, window: innerWidth,
plots: [...document.querySelectorAll('svg')].map(each => each.getBoundingClientRect().width)})})
addEventListener('error', event => { document.title = 'error: ' + event.message })</script></body>"""


@pytest.mark.skipif(browser.executable() is None, reason="no Chromium on this machine")
def test_the_page_in_a_browser(written, tmp_path):
    folder, _run = written
    report = json.loads((folder / "cost-monay-prod.json").read_text())
    html = (folder / "cost-monay-prod.html").read_text()
    copy = tmp_path / "page.html"
    copy.write_text(html.replace("</body>", MEASURE))

    page = browser.load(copy.as_uri(), None)
    shown = page.text

    measured = json.loads(page.title)
    assert measured["width"] <= measured["window"], "the page is wider than the window"
    assert len(measured["plots"]) == 3
    assert min(measured["plots"]) > 200
    assert not re.search(r"(?:src|href)=", html), "the page needs something besides itself"
    embedded = re.search(r'<script type="application/json" id="report">(.*?)</script>', page.html, re.DOTALL)
    assert embedded
    assert json.loads(embedded[1]) == report
    figures = [each["cost"]["expected"] for each in report["lines"] if each["cost"]]
    figures += [each[name] for each in report["services"] for name in ("minimum", "expected", "maximum")]
    assert not [each for each in figures if f"{each:,.2f}" not in shown]
    cells = re.findall(r'<td class="number">([^<]*)</td>', page.html)
    assert [cell for cell in cells if cell == "unknown"], "what is unknown is shown as such"


def cpu_of(*arguments):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ours("prod").run("cost", *arguments).succeeded()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_an_estimate_takes_a_second_of_cpu_beside_ansibles_start():
    assert cpu_of() - cpu_of("--skip-tags", "always") < 1.5  # checking the arguments and showing the table included
