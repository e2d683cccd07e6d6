# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest

from ansible_collections.monay.platform.plugins.module_utils.core.application_status import (
    Status,
    alarms_of,
    application_list,
    deployment,
    health,
    report,
    told_alarms,
    version,
)


def test_applications_with_the_names_of_what_is_theirs():
    catalogue = {"monay-admin": {"kind": "nextjs", "subdomain": "admin"}, "monay-api": {"kind": "api"}}

    assert application_list(
        catalogue, "monay", "dev", "dev.monay.example", "111111111111", ["monay-redis", "monay-admin"]
    ) == [
        {
            "host": "monay-admin",
            "name": "monay-dev-admin",
            "kind": "nextjs",
            "hostname": "admin.dev.monay.example",
            "container": "admin",
            "repository": "monay/dev/admin",
            "bucket": "monay-dev-111111111111-site",
        }
    ]


@pytest.mark.parametrize(
    ("image", "tags", "digest", "told"),
    [
        ("repo/admin@sha256:0123456789abcdef", ["1.4.0"], "sha256:0123456789abcdef", "1.4.0"),
        ("repo/admin@sha256:0123456789abcdef", ["latest", "1.4.0"], "sha256:0123456789abcdef", "1.4.0, latest"),
        ("repo/admin@sha256:0123456789abcdef", [], "sha256:0123456789abcdef", "0123456789ab"),
        ("localhost:5000/admin:1.3.0", [], "", "1.3.0"),
        ("repo/admin", [], "", "-"),
    ],
)
def test_version(image, tags, digest, told):
    assert version(image, tags, digest) == told


def test_the_newest_deployment_counts():
    older = {"createdAt": "2026-01-01", "status": "SUCCESSFUL"}
    newer = {"createdAt": "2026-01-02", "status": "ROLLBACK_SUCCESSFUL", "statusReason": "tasks failed"}

    assert deployment([older, newer]) == "ROLLBACK_SUCCESSFUL: tasks failed"
    assert deployment([{**older, "statusReason": "all is well"}]) == "SUCCESSFUL"
    assert deployment([]) == "-"


@pytest.mark.parametrize(
    ("states", "told"),
    [
        ([], "no targets"),
        (["draining", "unused"], "no targets"),
        (["healthy", "healthy", "draining"], "2/2 healthy"),
        (["healthy", "unhealthy", "initial"], "1/3 healthy (initial, unhealthy)"),
    ],
)
def test_health(states, told):
    assert health(states) == told


def test_alarms_go_to_the_application_with_the_longest_name():
    alarms = {
        "p-admin": "OK",
        "p-admin-cpu": "OK",
        "p-admin-portal-cpu": "ALARM",
        "p-administrator": "OK",
        "p-db": "OK",
    }
    names = ["p-admin", "p-admin-portal"]

    assert list(alarms_of("p-admin", names, alarms)) == ["p-admin", "p-admin-cpu"]
    assert list(alarms_of("p-admin-portal", names, alarms)) == ["p-admin-portal-cpu"]


@pytest.mark.parametrize(
    ("alarms", "told"),
    [
        ({}, "none"),
        ({"p-a": "OK", "p-b": "OK"}, "2 quiet"),
        ({"p-a": "OK", "p-b": "INSUFFICIENT_DATA"}, "2 quiet, 1 without data"),
        ({"p-a": "OK", "p-b": "ALARM", "p-c": "ALARM"}, "ALARM: b, c"),
    ],
)
def test_alarms_in_few_words(alarms, told):
    assert told_alarms(alarms, "p-") == told


def test_report():
    statuses = [
        Status("monay-admin", "https://a/", "1.0.0", 2, 2, "SUCCESSFUL", "2/2 healthy", {"p-admin": "OK"}),
        Status("monay-web", "https://w/"),
    ]

    assert report(statuses, "p-", {}).splitlines() == [
        "application  version  running  deployment    health       url         alarms",
        "-----------  -------  -------  ------------  -----------  ----------  -------",
        "monay-admin  1.0.0    2/2      SUCCESSFUL    2/2 healthy  https://a/  1 quiet",
        "monay-web    -        -        not deployed  -            https://w/  none",
        "",
        "other alarms: none",
    ]
