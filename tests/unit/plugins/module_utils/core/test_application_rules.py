# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rules between the variables of applications: each refuses what it should, and lets the rest pass."""

from __future__ import annotations

import pytest

from ansible_collections.monay.platform.plugins.module_utils.core.inventory_rules import problems

API = {"kind": "api", "port": 3001, "subdomain": "api"}
GOOD = {
    "platform_project": "monay",
    "platform_name": "monay-dev",
    "platform_domain": "dev.monay.example",
    "platform_applications": {"monay-api": API, "monay-site": {"kind": "static", "port": 3000, "subdomain": "www"}},
    "inventory_hostname": "monay-api",
    "group_names": ["applications", "services"],
    "application_health_path": "/health",
    "service_cpu": 256,
    "service_memory": 512,
}


def catalogue(**changes):
    return {"platform_applications": {"monay-api": {**API, **changes}, "monay-site": {"port": 3000}}}


def test_good_input_has_no_problems():
    assert problems(GOOD) == []


@pytest.mark.parametrize(
    ("change", "variable", "words"),
    [
        pytest.param(catalogue(port=3000), "platform_applications", "the same port 3000", id="port clash"),
        pytest.param(catalogue(port="http"), "platform_applications", "from 1 to 65535", id="port as word"),
        pytest.param(catalogue(port=70000), "platform_applications", "from 1 to 65535", id="port too high"),
        pytest.param(catalogue(kind="batch"), "platform_applications", "api, nextjs, static", id="unknown kind"),
        pytest.param(catalogue(kind="static"), "platform_applications", "api or nextjs", id="kind of another group"),
        pytest.param(catalogue(subdomain="API"), "platform_applications", "lower-case", id="upper-case subdomain"),
        pytest.param(
            {"platform_applications": {"monay-api": API, "monay-web": {**API, "port": 3002}}},
            "platform_applications",
            "the same subdomain api",
            id="subdomain clash",
        ),
        pytest.param(
            {"inventory_hostname": "monay-new"},
            "platform_applications",
            "monay-new of group services is an unknown application",
            id="unknown application",
        ),
        pytest.param(
            {"platform_applications": {"monay-api": API, f"monay-{'a' * 60}": {"port": 1}}},
            "platform_applications",
            "shorter name",
            id="name too long",
        ),
        pytest.param({"platform_domain": "localhost"}, "platform_domain", "dev.monay.example", id="one label"),
        pytest.param({"platform_domain": "Dev.monay.example"}, "platform_domain", "lower case", id="upper case"),
        pytest.param({"platform_domain": "dev.monay.example."}, "platform_domain", "dot at the end", id="final dot"),
        pytest.param({"platform_domain": f"{'a' * 60}.example"}, "platform_domain", "64 characters", id="long domain"),
        pytest.param({"application_health_path": "health"}, "application_health_path", "begins with /", id="no slash"),
        pytest.param({"application_health_path": "/a b"}, "application_health_path", "no blanks", id="blank"),
        pytest.param({"application_health_path": 5}, "application_health_path", "begins with /", id="a number"),
        pytest.param({"application_health_path": "/" + "a" * 1024}, "application_health_path", "1024", id="long path"),
        pytest.param({"service_cpu": 300}, "service_cpu", "256, 512", id="no size of Fargate"),
        pytest.param({"service_memory": 4096}, "service_memory", "512, 1024, 2048 MiB", id="invalid pair"),
        pytest.param(
            {"service_cpu": 1024, "service_memory": 2500},
            "service_memory",
            "2048 to 8192 in steps of 1024 MiB",
            id="between two steps",
        ),
    ],
)
def test_refused(change, variable, words):
    (problem,) = problems({**GOOD, **change})

    assert problem.variable == variable
    assert words in problem.message


@pytest.mark.parametrize(
    "change",
    [
        {"inventory_hostname": "monay-postgres", "group_names": ["databases"]},
        {"service_cpu": 16384, "service_memory": 122880},
        {"service_cpu": 300, "service_memory": 700, "service_launch": "ec2"},
        {"platform_domain": "monay.example"},
        {"application_health_path": "/api/health?deep=1"},
    ],
)
def test_let_pass(change):
    assert problems({**GOOD, **change}) == []
