# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Certificates: names, which of several is meant, and what a person must do for one to be issued. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .dns import canonical_name, inside
from .plan import PlanRefused

# A certificate in another status will never serve (again): another one is requested in its place.
USABLE = ("ISSUED", "PENDING_VALIDATION")


@dataclass(frozen=True)
class Validation:
    """The record by which ACM sees that a domain is ours."""

    domain: str
    name: str
    value: str
    status: str


def names_of(domain: str, alternatives: Iterable[str] | None) -> list[str]:
    """All names of a certificate, sorted: their order means nothing."""
    return sorted({canonical_name(each) for each in [domain, *(alternatives or [])]})


def covers(names: Collection[str], host: str) -> bool:
    """Whether a certificate with these names is good for a host (or for a wildcard)."""
    host = canonical_name(host)
    _first, _dot, rest = host.partition(".")
    return host in names or (bool(rest) and f"*.{rest}" in names)


def validated_domain(name: str) -> str:
    """The domain whose record validates a name: a wildcard is validated by what it stands before."""
    return canonical_name(name).removeprefix("*.")


def validated_domains(names: Iterable[str], zone: str) -> list[str]:
    """The domains of a certificate that are validated by records in a zone, sorted."""
    return sorted({validated_domain(name) for name in names if inside(validated_domain(name), zone)})


def validations(certificate: Mapping[str, Any]) -> dict[str, Validation]:
    """The validation records of a certificate as ACM describes it, by domain; those that ACM has not made yet lack."""
    found = {}
    for option in certificate.get("DomainValidationOptions") or []:
        record = option.get("ResourceRecord")
        if record:
            domain = validated_domain(option["DomainName"])
            name, value = canonical_name(record["Name"]), canonical_name(record["Value"])
            found[domain] = Validation(domain, name, value, option.get("ValidationStatus") or "")
    return found


def chosen(certificates: Sequence[Mapping[str, Any]], names: Collection[str]) -> Mapping[str, Any] | None:
    """Which of several certificates of one name is meant: one with the wanted names, issued, the youngest.

    `certificates` are ACM's descriptions. None where none can serve.
    """
    usable = [each for each in certificates if each["Status"] in USABLE]

    def rank(each: Mapping[str, Any]) -> tuple[bool, bool, str]:
        right = not names or observed_names(each) == sorted(names)
        born = each.get("CreatedAt") or each.get("ImportedAt") or ""
        return right, each["Status"] == "ISSUED", str(born)

    return max(usable, key=rank, default=None)


def observed_names(certificate: Mapping[str, Any]) -> list[str]:
    """The names of a certificate as ACM describes it."""
    return names_of(certificate["DomainName"], certificate.get("SubjectAlternativeNames"))


def check_given(arn: str, certificate: Mapping[str, Any] | None, names: Iterable[str], region: str) -> None:
    """Whether a certificate that somebody else takes care of can serve these names. Raises PlanRefused if not."""
    if certificate is None:
        raise PlanRefused(f"certificate {arn} does not exist in {region}; correct its ARN")
    if certificate["Status"] != "ISSUED":
        raise PlanRefused(f"certificate {arn} cannot serve: its status is {certificate['Status']}, not ISSUED")
    there = observed_names(certificate)
    missing = sorted(name for name in names if not covers(there, name))
    if missing:
        raise PlanRefused(
            f"certificate {arn} is for {', '.join(there)} and not good for {', '.join(missing)}; import one that is, or"
            " let the collection request one"
        )


def pending_advice(
    name: str,
    pending: Iterable[Validation],
    zone: str | None,
    written: Collection[str],
    servers: Sequence[str],
) -> str:
    """What a person must do for a certificate to be issued.

    `zone` is the hosted zone that validates it, if any; `written` are the names of the records that stand in it, and
    `servers` its name servers (empty: there is no such zone in this account).
    """
    told = []
    for each in sorted(pending, key=lambda validation: validation.domain):
        record = f"CNAME {each.name} = {each.value}"
        if zone and servers and each.name in written:
            told.append(
                f"{record} stands in hosted zone {zone}: see that the parent of {zone} delegates to"
                f" {', '.join(servers)}"
            )
        elif zone and servers and inside(each.domain, zone):
            told.append(f"{record} is missing in hosted zone {zone}: run again, or write it")
        else:
            told.append(f"{record} is missing in the DNS of {each.domain}: write it there")
    return f"certificate {name} waits for its validation. {'. '.join(told)}" if told else ""
