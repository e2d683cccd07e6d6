# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The three environments have one shape, no secrets, and hold what the design document says of them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = ("dev", "staging", "prod")
SECRET_NAME = re.compile(r"password|passwd|secret_key|private_key|auth_token$|api_key|access_key", re.IGNORECASE)
SECRET_VALUE = re.compile(r"AKIA[0-9A-Z]{16}|-----BEGIN|\$ANSIBLE_VAULT|ghp_\w{20}")


@pytest.fixture(scope="module")
def inventories():
    """Each environment as Ansible sees it: `ansible-inventory --list`."""
    command = Path(sys.executable).with_name("ansible-inventory")

    def listed(environment):
        answer = subprocess.run(
            [command, "-i", f"inventories/{environment}", "--list"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        return json.loads(answer.stdout)

    return {environment: listed(environment) for environment in ENVIRONMENTS}


def own_file(environment):
    path = ROOT / "inventories" / environment / "group_vars" / "all" / "environment.yml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def all_files():
    return [path for path in (ROOT / "inventories").rglob("*") if path.is_file() and not path.is_symlink()]


def test_same_groups_and_hosts(inventories):
    shapes = {
        environment: {
            name: group.get("hosts", group.get("children")) for name, group in listed.items() if name != "_meta"
        }
        for environment, listed in inventories.items()
    }

    assert shapes["dev"] == shapes["staging"] == shapes["prod"]


def test_same_keys_in_every_environment_file():
    assert own_file("dev").keys() == own_file("staging").keys() == own_file("prod").keys()


def test_every_host_has_the_same_variables_in_every_environment(inventories):
    keys = {
        environment: {host: sorted(variables) for host, variables in listed["_meta"]["hostvars"].items()}
        for environment, listed in inventories.items()
    }

    assert keys["dev"] == keys["staging"] == keys["prod"]


@pytest.mark.parametrize("path", all_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_secret(path):
    text = path.read_text(encoding="utf-8")
    names = [line for line in text.splitlines() if SECRET_NAME.search(line.split(":")[0])]

    assert names == []
    assert not SECRET_VALUE.search(text)


def test_accounts_and_networks_are_kept_apart(inventories):
    shared = yaml.safe_load((ROOT / "inventories/shared/group_vars/all.yml").read_text(encoding="utf-8"))
    accounts = [own_file(environment)["platform_account_id"] for environment in ENVIRONMENTS]
    networks = [shared["platform_environment_cidrs"][environment] for environment in ENVIRONMENTS]

    assert len(set(accounts)) == 3
    assert all(one.split(".")[:2] != two.split(".")[:2] for one, two in combinations(networks, 2))


@pytest.mark.parametrize(
    ("environment", "variable", "value"),
    [
        ("dev", "database_multi_az", False),
        ("dev", "network_nat_gateways", "1"),
        ("dev", "platform_monitoring_level", "basic"),
        ("dev", "database_instance_class", "db.t3.medium"),
        ("staging", "database_multi_az", True),
        ("staging", "network_nat_gateways", "2"),
        ("staging", "platform_monitoring_level", "enhanced"),
        ("prod", "database_multi_az", True),
        ("prod", "database_read_replicas", 1),
        ("prod", "network_nat_gateways", "all"),
        ("prod", "platform_monitoring_level", "full"),
        ("prod", "database_instance_class", "db.r5.xlarge"),
        ("prod", "cache_node_type", "cache.r5.large"),
        ("prod", "platform_multi_region_backup", True),
        ("prod", "platform_data_protection", True),
        ("dev", "ecs_cluster_instance_type", "t3.medium"),
        ("staging", "ecs_cluster_instance_type", "t3.large"),
        ("prod", "ecs_cluster_instance_type", "c5.xlarge"),
        ("prod", "service_autoscaling", True),
    ],
)
def test_the_design_documents_environments(environment, variable, value):
    assert own_file(environment)[variable] == value


@pytest.mark.parametrize(
    ("application", "port"),
    [
        ("monay-backend-common", 3001),
        ("monay-website-static", 3000),
        ("monay-admin", 3002),
        ("monay-cross-platform-web", 3003),
        ("monay-enterprise-wallet", 3007),
    ],
)
def test_the_design_documents_applications(inventories, application, port):
    assert inventories["dev"]["_meta"]["hostvars"][application]["platform_applications"][application]["port"] == port
