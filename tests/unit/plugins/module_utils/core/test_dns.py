# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest

from ansible_collections.monay.platform.plugins.module_utils.core.certificate import (
    Validation,
    chosen,
    covers,
    names_of,
    pending_advice,
    validated_domains,
)
from ansible_collections.monay.platform.plugins.module_utils.core.dns import (
    canonical_name,
    canonical_values,
    inside,
    observed_record,
)

ZONE = "dev.monay.example"


@pytest.mark.parametrize("name", ["Dev.Monay.Example.", "dev.monay.example", " dev.monay.example. "])
def test_a_name_has_one_form(name):
    assert canonical_name(name) == ZONE


def test_an_asterisk_is_read_as_route_53_writes_it():
    assert canonical_name(f"\\052.{ZONE}.") == f"*.{ZONE}"


@pytest.mark.parametrize(
    ("name", "expected"), [(ZONE, True), (f"a.{ZONE}", True), (f"a{ZONE}", False), ("example", False)]
)
def test_a_zone_has_names_inside(name, expected):
    assert inside(name, f"{ZONE}.") is expected


@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [
        pytest.param("A", ["192.0.2.2", "192.0.2.1"], ["192.0.2.1", "192.0.2.2"], id="order"),
        pytest.param("CNAME", ["A.example."], ["a.example"], id="a name"),
        pytest.param("TXT", ['say "x"', '"y"'], ['"say \\"x\\""', '"y"'], id="quotes"),
        pytest.param("MX", ["10 Mail.example"], ["10 Mail.example"], id="others stay"),
    ],
)
def test_values_have_one_form(kind, values, expected):
    assert canonical_values(kind, values) == expected


@pytest.mark.parametrize("dns", ["x.elb.amazonaws.com.", "dualstack.X.elb.amazonaws.com"])
def test_an_alias_is_read_with_and_without_the_consoles_prefix(dns):
    record = {"Type": "A", "AliasTarget": {"DNSName": dns, "EvaluateTargetHealth": False}}
    assert observed_record(record, {"x.elb.amazonaws.com": "load balancer x"})["alias"] == "load balancer x"


class TestCertificates:
    @pytest.mark.parametrize(
        ("host", "expected"),
        [(ZONE, True), (f"a.{ZONE}", True), (f"a.b.{ZONE}", False), (f"*.{ZONE}", True), ("monay.example", False)],
    )
    def test_cover_hosts(self, host, expected):
        assert covers(names_of(ZONE, [f"*.{ZONE}"]), host) is expected

    def test_are_validated_once_a_domain(self):
        assert validated_domains([ZONE, f"*.{ZONE}", "other.example"], ZONE) == [ZONE]

    @pytest.mark.parametrize(
        ("described", "expected"),
        [
            pytest.param([], None, id="none"),
            pytest.param([("a", "FAILED", "x", 1)], None, id="none that can serve"),
            pytest.param([("a", "ISSUED", "x", 1), ("b", "ISSUED", "x", 2)], "b", id="the younger"),
            pytest.param([("a", "ISSUED", "x", 1), ("b", "PENDING_VALIDATION", "x", 2)], "a", id="issued first"),
            pytest.param([("a", "ISSUED", "y", 9), ("b", "PENDING_VALIDATION", "x", 1)], "b", id="right names first"),
            pytest.param([("a", "ISSUED", "y", 9), ("b", "FAILED", "x", 10)], "a", id="others rather than failed"),
        ],
    )
    def test_one_of_several_is_meant(self, described, expected):
        all_of_them = [
            {"CertificateArn": arn, "Status": status, "DomainName": name, "CreatedAt": str(born)}
            for arn, status, name, born in described
        ]
        found = chosen(all_of_them, ["x"])
        assert (found and found["CertificateArn"]) == expected


RECORD = Validation(ZONE, f"_1.{ZONE}", "_2.acm-validations.aws", "PENDING_VALIDATION")


@pytest.mark.parametrize(
    ("zone", "written", "servers", "words"),
    [
        pytest.param(ZONE, [RECORD.name], ["ns-1.example"], "delegates to ns-1.example", id="not delegated"),
        pytest.param(ZONE, [], ["ns-1.example"], f"is missing in hosted zone {ZONE}", id="not written"),
        pytest.param(ZONE, [], [], f"is missing in the DNS of {ZONE}", id="no zone"),
        pytest.param(None, [], [], f"is missing in the DNS of {ZONE}", id="elsewhere"),
        pytest.param("other.example", [], ["ns"], f"is missing in the DNS of {ZONE}", id="another zone"),
    ],
)
def test_advice_says_what_to_do(zone, written, servers, words):
    text = pending_advice("monay-dev", [RECORD], zone, written, servers)

    assert f"certificate monay-dev waits for its validation. CNAME {RECORD.name} = {RECORD.value}" in text
    assert words in text


def test_there_is_no_advice_when_nothing_is_pending():
    assert pending_advice("monay-dev", [], ZONE, [], ["ns"]) == ""
