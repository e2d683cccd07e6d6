# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module against the simulator's price list: what is written, what stays and why, what is refused."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from tests.support.costs import TABLES
from tests.support.data_tier import point_at
from tests.support.modules import fail_module, recorded_calls, run_module
from tests.support.simulator import REGION, Simulator

MODULE = "price_table"


def row(key, unit, usd="1", **more):
    tiers = [{"from": "0", "usd": usd}]
    return {"key": key, "unit": unit, "tiers": tiers, "source": "a friend", "source_date": "2024-01-01", **more}


EAST = [
    row("elasticache.redis.cache.r5.large", "hour"),
    row("elasticache.valkey.cache.r5.large", "hour"),
    row("rds.db.r5.xlarge.single", "hour"),
    row("rds.db.r5.xlarge.multi", "hour"),
    row("ec2.t3.medium", "hour", "0.0416"),
    row("nat.hours", "hour", "0.045", note="by telephone"),
    row("endpoint.gb", "GB"),
    row("sns.requests", "1M requests", "0.5", free="1"),
    row("logs.ingest", "GB", "0.5"),
    row("ec2.c7g.xlarge", "hour", "0.145"),
    row("insights.enhanced", "metric-month", "0.07"),
]


@pytest.fixture(scope="module")
def running():
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def simulator(running, monkeypatch):
    running.reset()
    point_at(running, monkeypatch)
    return running


@pytest.fixture
def args(tmp_path):
    source = tmp_path / "shipped"
    source.mkdir()
    write(source / "us-east-1.json", "us-east-1", EAST)
    write(source / "eu-west-1.json", "eu-west-1", [row("alb.hours", "hour")])
    write(source / "global.json", "global", [row("cloudfront.requests", "10k requests")])
    return {"region": REGION, "source": str(source), "directory": str(tmp_path / "ours")}


def write(path, region, rows):
    path.write_text(json.dumps({"region": region, "currency": "USD", "prices": rows}), encoding="utf-8")


def prices(tmp_path, region="us-east-1"):
    document = json.loads((tmp_path / "ours" / f"{region}.json").read_text(encoding="utf-8"))
    return {each["key"]: each for each in document["prices"]}


def outcomes(result):
    return {each["key"]: each["outcome"] for each in result["rows"]}


def test_what_is_written_was_announced_and_a_second_run_writes_nothing(simulator, args, tmp_path):
    preview = run_module(MODULE, args, check=True)
    assert not (tmp_path / "ours").exists()

    with recorded_calls() as calls:
        done = run_module(MODULE, args)

    assert set(calls) == {"pricing:GetProducts"}
    assert {each["region"] for each in simulator.calls(service="pricing")} == {"us-east-1"}
    assert (preview["changed"], preview["rows"], preview["diff"]) == (True, done["rows"], done["diff"])
    assert '"usd": "0.045"' in str(done["diff"][2]["before"])
    assert '"usd": "0.046"' in str(done["diff"][2]["after"])
    assert "c7g" not in str(done["diff"])

    kept = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "ours").iterdir()}
    assert sorted(kept) == ["eu-west-1.json", "global.json", "us-east-1.json"]
    again = run_module(MODULE, args)
    assert (again["changed"], again["files"], again["diff"]) == (False, [], [])
    assert {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "ours").iterdir()} == kept


def test_the_price_of_the_thing_itself_and_of_none_that_looks_like_it(simulator, args, tmp_path):
    done = run_module(MODULE, args)

    found = prices(tmp_path)
    assert {key: each["tiers"][0]["usd"] for key, each in found.items()} == {
        "elasticache.redis.cache.r5.large": "0.216",  # 0.09 on an Outpost, 0.173 beyond the end of its version
        "elasticache.valkey.cache.r5.large": "0.1728",
        "rds.db.r5.xlarge.single": "0.5",  # the usage type says db.r5.xl
        "rds.db.r5.xlarge.multi": "0.999",  # not twice the other
        "ec2.t3.medium": "0.0416",
        "nat.hours": "0.046",
        "endpoint.gb": "0.01",
        "sns.requests": "0.5",
        "logs.ingest": "0.5",
        "ec2.c7g.xlarge": "0.145",
        "insights.enhanced": "0.07",
    }
    assert [tier["from"] for tier in found["endpoint.gb"]["tiers"]] == ["0", "1048576", "5242880"]
    assert found["sns.requests"]["free"] == "1"
    assert prices(tmp_path, "eu-west-1")["alb.hours"]["tiers"] == [{"from": "0", "usd": "0.0252"}]
    assert prices(tmp_path, "global")["cloudfront.requests"]["tiers"] == [{"from": "0", "usd": "0.01"}]
    assert {key: value for key, value in outcomes(done).items() if value != "changed"} == {
        "ec2.t3.medium": "confirmed",
        "sns.requests": "confirmed",
        "logs.ingest": "kept",
        "ec2.c7g.xlarge": "kept",
        "insights.enhanced": "kept",
    }


def test_a_row_says_where_and_when_it_was_read_and_one_that_stays_is_untouched(simulator, args, tmp_path):
    done = run_module(MODULE, args)

    found = prices(tmp_path)
    gateway = found["nat.hours"]
    assert gateway["source"] == "AWS Price List Query API, AmazonEC2, version 20261101000000, published 2026-11-01"
    assert gateway["source_date"] == dt.datetime.now(tz=dt.UTC).date().isoformat()
    assert (gateway["confidence"], gateway["usagetype"]) == ("A", "NatGateway-Hours")
    assert gateway["sku"]
    assert "note" not in gateway
    for each in EAST[-3:]:
        assert found[each["key"]] == each
    why = {each["key"]: each["why"] for each in done["rows"] if each["outcome"] == "kept"}
    assert why["logs.ingest"].startswith("2 products of AmazonCloudWatch fit")
    assert why["ec2.c7g.xlarge"] == "nothing in the price list of AmazonEC2 fits"
    assert why["insights.enhanced"] == "no filters are known for it"
    for reason in why.values():
        assert reason in done["summary"]


def test_throttling_is_waited_out(simulator, args, tmp_path):
    simulator.fault("throttle", match={"service": "pricing"}, times=6)

    assert outcomes(run_module(MODULE, args))["nat.hours"] == "changed"
    assert prices(tmp_path)["nat.hours"]["tiers"][0]["usd"] == "0.046"


def test_who_may_not_ask_is_told_so_and_nothing_is_written(simulator, args, tmp_path):
    simulator.fault("deny", match={"service": "pricing"}, nth=5)

    said = fail_module(MODULE, args)

    assert "in the price list of" in said
    assert "Allow pricing:GetProducts to the caller" in said
    assert not (tmp_path / "ours").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "there is no table of prices in"), ("{", "is not a table of prices")],
    ids=["no table", "no JSON"],
)
def test_a_folder_without_a_table(simulator, tmp_path, content, said):
    if content:
        (tmp_path / "us-east-1.json").write_text(content, encoding="utf-8")

    assert said in fail_module(MODULE, {"region": REGION, "source": str(tmp_path)})


def test_a_folder_that_cannot_be_written(simulator, args, tmp_path):
    (tmp_path / "ours").write_text("a file in its place", encoding="utf-8")

    said = fail_module(MODULE, args)

    assert "cannot be written" in said
    assert "cost_prices_directory" in said


def test_the_shipped_tables_are_read_in_few_calls(simulator, tmp_path):
    done = run_module(MODULE, {"region": REGION, "source": str(TABLES), "directory": str(tmp_path)}, check=True)

    counted = {each: list(outcomes(done).values()).count(each) for each in ("changed", "confirmed", "kept")}
    assert counted["confirmed"] >= 30
    assert counted["kept"] + counted["confirmed"] + counted["changed"] == len(outcomes(done))
    assert len(simulator.calls(service="pricing")) < 400
