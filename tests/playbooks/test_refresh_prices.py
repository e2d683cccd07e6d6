# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The prices refreshed as users do it: into a folder of their own, and estimated with from there."""

from __future__ import annotations

import hashlib

import pytest

from tests.support.costs import TABLES

pytestmark = pytest.mark.slow


def shipped():
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in TABLES.iterdir()}


def nat_hours(dev, folder):
    run = dev.playbooks.run("cost", cost_prices_directory=str(folder)).succeeded()
    (report,) = [each["result"]["report"] for each in run.tasks if "report" in each["result"]]
    (line,) = [each for each in report["lines"] if each["price"] == "nat.hours"]
    return line


def test_prices_in_a_folder_of_ours(environment, tmp_path):
    dev, before = environment("dev"), shipped()
    folder = tmp_path / "prices"

    preview = dev.playbooks.run("refresh_prices", "--check", "--diff", cost_prices_directory=str(folder)).succeeded()
    assert not folder.exists()
    assert "nat.hours" in preview.output

    done = dev.playbooks.run("refresh_prices", cost_prices_directory=str(folder)).succeeded()

    assert len(done.changed_tasks) == 1
    assert "no filters are known for it" in done.output
    assert {each.name for each in folder.iterdir()} == before.keys()
    assert shipped() == before
    line = nat_hours(dev, folder)
    assert line["source"].startswith("AWS Price List Query API, AmazonEC2")
    assert line["cost"]["expected"] == pytest.approx(730 * 0.046, abs=0.005)

    assert dev.playbooks.run("refresh_prices", cost_prices_directory=str(folder)).succeeded().changed_tasks == []
    assert dev.writes(since=0) == []
