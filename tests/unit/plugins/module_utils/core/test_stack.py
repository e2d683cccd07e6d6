# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ARNs are read, and what stands is shown as a table."""

from __future__ import annotations

import pytest

from ansible_collections.monay.platform.plugins.module_utils.core.arn import Arn, parse_arn
from ansible_collections.monay.platform.plugins.module_utils.core.stack import resource, summary
from ansible_collections.monay.platform.plugins.module_utils.core.table import table


@pytest.mark.parametrize(
    ("arn", "expected", "kind"),
    [
        ("arn:aws:ec2:eu-west-1:1:vpc/vpc-1", Arn("ec2", "eu-west-1", "1", "vpc", "vpc-1"), "ec2:vpc"),
        ("arn:aws:rds:eu-west-1:1:db:monay-dev", Arn("rds", "eu-west-1", "1", "db", "monay-dev"), "rds:db"),
        ("arn:aws:s3:::monay-dev-assets", Arn("s3", "", "", "", "monay-dev-assets"), "s3"),
        (
            "arn:aws:logs:eu-west-1:1:log-group:/monay/dev/a",
            Arn("logs", "eu-west-1", "1", "log-group", "/monay/dev/a"),
            "logs:log-group",
        ),
        (
            "arn:aws:secretsmanager:eu-west-1:1:secret:monay/dev/a-AbCdEf",
            Arn("secretsmanager", "eu-west-1", "1", "secret", "monay/dev/a-AbCdEf"),
            "secretsmanager:secret",
        ),
        ("arn:aws:iam::1:role/monay/dev/x", Arn("iam", "", "1", "role", "monay/dev/x"), "iam:role"),
    ],
)
def test_reads_arns(arn, expected, kind):
    assert parse_arn(arn) == expected
    assert parse_arn(arn).kind == kind


@pytest.mark.parametrize("text", ["vpc-1", "arn:aws:s3", ""])
def test_refuses_what_is_no_arn(text):
    with pytest.raises(ValueError, match="not an ARN"):
        parse_arn(text)


def test_a_resource_is_named_by_its_tag_and_global_without_region():
    found = resource("arn:aws:iam::1:role/monay/dev/x", {"Name": "x", "Component": "monay-account"})

    assert (found["name"], found["region"], found["component"], found["state"]) == (
        "x",
        "global",
        "monay-account",
        "live",
    )


@pytest.mark.parametrize(
    ("end", "name"),
    [
        ("secretsmanager:r:1:secret:monay/dev/a-AbCdEf", "monay/dev/a"),
        ("ecs:r:1:service/monay-dev/monay-dev-admin", "monay-dev-admin"),
        ("ecs:r:1:task-definition/monay-dev-admin:7", "monay-dev-admin:7"),
        ("elasticloadbalancing:r:1:targetgroup/monay-dev-admin-blue/0123456789abcdef", "monay-dev-admin-blue"),
        ("elasticloadbalancing:r:1:loadbalancer/app/monay-dev/0123456789abcdef", "monay-dev"),
        ("autoscaling:r:1:autoScalingGroup:5f3c:autoScalingGroupName/monay-dev-ec2", "monay-dev-ec2"),
    ],
)
def test_a_name_is_told_without_what_aws_puts_around_it(end, name):
    assert resource(f"arn:aws:{end}", {})["name"] == name


def test_summary_counts_kinds_of_each_component():
    subnets = [resource(f"arn:aws:ec2:r:1:subnet/s{n}", {"Name": f"s{n}", "Component": "net"}) for n in range(5)]

    assert summary(subnets).splitlines()[2] == "net        ec2:subnet      5  s0, s1, s2, …"


def test_table_aligns_numbers_to_the_right():
    assert table(("name", "n"), [("a", 1), ("bb", 10)]) == "name   n\n----  --\na      1\nbb    10"
