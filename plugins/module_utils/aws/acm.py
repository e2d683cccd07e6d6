# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""ACM: certificates by their `Name` tag, the records that validate them, and those that others took the place of."""

from __future__ import annotations

import time
import typing as t
import uuid
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from ..core.certificate import (
    Validation,
    chosen,
    covers,
    observed_names,
    pending_advice,
    validated_domains,
    validations,
)
from ..core.dns import canonical_name
from ..core.plan import Observed, PlanRefused, State
from ..core.readiness import CERTIFICATE
from ..core.tags import tag_changes, to_pairs
from .acm_names import GONE, listed_certificates
from .api import Api, AwsError
from .reconcile import Kind, Scope, side_by_side
from .route53 import Zone, name_servers

Item = dict[str, t.Any]

CERTIFICATE_KIND = "certificate"
# What serves the certificate may have been deleted a moment ago.
IN_USE = frozenset({"ResourceInUseException"})
# ACM makes the record of a domain some seconds after the request.
RECORD_ATTEMPTS, RECORD_PAUSE = 30, 2.0
# Seconds for which resolvers keep a validation record: so few that a mended one is seen soon.
TTL = 300
NEW: State = {"status": "PENDING_VALIDATION", "validation": [], "imported": False}


def describe(acm: Api, arn: str) -> Item | None:
    """A certificate as ACM describes it, None where there is none."""
    answer = acm.read("describe_certificate", f"read certificate {arn}", GONE, CertificateArn=arn)
    return None if answer is None else t.cast("Item", answer["Certificate"])


class Certificates(Kind):
    """Certificates of one region by their `Name` tag.

    State: `names`, `key_algorithm`, `transparency_logging`, `tags`. Other names or another key are a new certificate,
    which is requested beside the old one: that serves until what uses it has moved.
    """

    kind = CERTIFICATE_KIND
    named_by_tag = True
    statuses = CERTIFICATE

    def __init__(self, acm: Api, wanted: Mapping[str, list[str]], zone: Zone | None = None) -> None:
        """`wanted` are the names of the hosts by name of the certificate, `zone` the one that validates them."""
        self.acm = acm
        self.wanted = wanted
        self.zone = zone
        self.named: dict[str, list[Item]] = {}
        """All certificates that have each name, as ACM describes them."""
        self.meant: dict[str, str] = {}
        """The ARN of the one of them that is meant."""
        self._tokens: dict[tuple[str, ...], str] = {}

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        wanted = set(names)
        listed = [each for each in listed_certificates(self.acm) if each["Tags"].get("Name") in wanted]
        jobs = {each["CertificateArn"]: partial(describe, self.acm, each["CertificateArn"]) for each in listed}
        described = side_by_side(jobs)
        tags = {each["CertificateArn"]: each["Tags"] for each in listed}
        found: dict[str, Observed] = {}
        for name in wanted:
            self.named[name] = [
                each for arn, each in described.items() if each is not None and tags[arn]["Name"] == name
            ]
            meant = self._which(name)
            if meant is not None:
                self.meant[name] = meant["CertificateArn"]
                found[name] = _observed(meant, tags[meant["CertificateArn"]])
        return found

    def _which(self, name: str) -> Mapping[str, t.Any] | None:
        """The certificate that is meant; the same one for the whole run, so that a wait sees how it fails."""
        same = next((each for each in self.named[name] if each["CertificateArn"] == self.meant.get(name)), None)
        return same or chosen(self.named[name], self.wanted.get(name, []))

    def settle(self, wanted: State, observed: State) -> State:
        """An imported certificate has the key and the names that it was imported with."""
        if observed["type"] != "IMPORTED":
            return wanted
        missing = [name for name in wanted["names"] if not covers(observed["names"], name)]
        if missing:
            raise PlanRefused(
                f"the imported certificate {wanted['tags']['Name'] if wanted.get('tags') else ''} is not good for"
                f" {', '.join(missing)}; import one that is, or delete it so that one is requested"
            )
        return {"tags": wanted.get("tags")}

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        """The same token for all attempts of one run: ACM makes one certificate of them."""
        token = self._tokens.setdefault((name, *wanted["names"], wanted["key_algorithm"]), uuid.uuid4().hex)
        domain, *others = self._ordered(name, wanted["names"])
        logging = "ENABLED" if wanted["transparency_logging"] else "DISABLED"
        more: Item = {"SubjectAlternativeNames": others} if others else {}
        answer = self.acm.write(
            "request_certificate",
            f"request certificate {name}",
            DomainName=domain,
            ValidationMethod="DNS",
            IdempotencyToken=token,
            KeyAlgorithm=wanted["key_algorithm"],
            Options={"CertificateTransparencyLoggingPreference": logging},
            Tags=to_pairs({**(wanted.get("tags") or {}), "Name": name}),
            **more,
        )
        arn = str(answer["CertificateArn"])
        self.meant[name] = arn
        state = {**wanted, "tags": {**(wanted.get("tags") or {}), "Name": name}, "type": "AMAZON_ISSUED"}
        return Observed(arn, state, {**NEW, "arn": arn})

    def _ordered(self, name: str, names: list[str]) -> list[str]:
        """The first name is the subject; ACM takes no more than 64 characters there."""
        return sorted(names, key=lambda each: (each.startswith("*."), len(each), each))

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        fields = set(fields)
        if fields & {"names", "key_algorithm"}:
            whole = {**before.state, **wanted}
            scope.record(self.kind, {name: self.create(scope, name, whole)})
            return
        if "transparency_logging" in fields:
            logging = "ENABLED" if wanted["transparency_logging"] else "DISABLED"
            self.acm.write(
                "update_certificate_options",
                f"set the transparency logging of certificate {name}",
                CertificateArn=before.id,
                Options={"CertificateTransparencyLoggingPreference": logging},
            )
        if "tags" in fields:
            setting, removing = tag_changes(before.state["tags"], wanted["tags"])
            doing = f"tag certificate {name}"
            if setting:
                self.acm.write("add_tags_to_certificate", doing, CertificateArn=before.id, Tags=to_pairs(setting))
            if removing:
                keys = [{"Key": key} for key in removing]
                self.acm.write("remove_tags_from_certificate", doing, CertificateArn=before.id, Tags=keys)

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        doing = f"delete certificate {name}"
        self.acm.write("delete_certificate", doing, missing=GONE, retry=IN_USE, CertificateArn=before.id)

    def advice(self, scope: Scope, names: Iterable[str]) -> str:
        """Which record is missing for each certificate that is not issued, or to whom the zone is to be delegated."""
        return ". ".join(filter(None, [self._advice(name, scope.find(self.kind, name)) for name in sorted(names)]))

    def _advice(self, name: str, found: Observed | None) -> str:
        validation = found.facts["validation"] if found else []
        pending = [Validation(**each) for each in validation if each["status"] != "SUCCESS"]
        identifier = self.zone.id() if self.zone and pending else None
        if not self.zone or identifier is None:
            return pending_advice(name, pending, None, (), ())
        written = {
            canonical_name(each["Name"])
            for each in self.zone.records()
            for value in each.get("ResourceRecords") or []
            if canonical_name(value["Value"]) in {validation.value for validation in pending}
        }
        servers = name_servers(self.zone.route53, self.zone.name, identifier)
        return pending_advice(name, pending, self.zone.name, written, servers)


def _observed(certificate: Mapping[str, t.Any], tags: dict[str, str]) -> Observed:
    options = certificate.get("Options") or {}
    state = {
        "names": observed_names(certificate),
        # ACM writes it with a hyphen here, and with an underscore elsewhere.
        "key_algorithm": str(certificate.get("KeyAlgorithm") or "RSA_2048").replace("-", "_"),
        "transparency_logging": options.get("CertificateTransparencyLoggingPreference") != "DISABLED",
        "tags": tags,
        "type": certificate["Type"],
    }
    arn = certificate["CertificateArn"]
    validation = [vars(each) for each in validations(certificate).values()]
    facts = {"arn": arn, "status": certificate["Status"], "validation": validation}
    return Observed(arn, state, {**facts, "imported": certificate["Type"] == "IMPORTED"})


class ValidationRecords(Kind):
    """The records by which ACM sees that the domains of a certificate are ours, by domain; there is nothing to compare.

    A record is the same for all certificates of the account that are for its domain.
    """

    kind = "validation record"
    after = (CERTIFICATE_KIND,)

    def __init__(self, acm: Api, certificate: str, zone: Zone, sleep: Callable[[float], None] = time.sleep) -> None:
        self.acm = acm
        self.certificate = certificate
        self.zone = zone
        self._sleep = sleep
        self._raw: dict[str, Item] = {}

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        certificate = scope.find(CERTIFICATE_KIND, self.certificate)
        if certificate is None:
            return {}
        if certificate.facts["imported"]:  # nothing is validated, so nothing lacks
            return {name: Observed("", {}) for name in names}
        wanted = {each["domain"]: Validation(**each) for each in certificate.facts["validation"]}
        domains = set(validated_domains(wanted, self.zone.name))
        there = {
            (canonical_name(each["Name"]), canonical_name(value["Value"])): each
            for each in self.zone.records()
            if each["Type"] == "CNAME"
            for value in each.get("ResourceRecords") or []
        }
        found = {domain: there[_key(each)] for domain, each in wanted.items() if _key(each) in there}
        self._raw.update(found)
        return {
            domain: Observed(wanted[domain].name, {"name": wanted[domain].name, "value": wanted[domain].value})
            for domain in found
            if domain in domains
        }

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        record = self._record(scope.id(CERTIFICATE_KIND, self.certificate), name)
        cname = {"Name": record.name, "Type": "CNAME", "TTL": TTL, "ResourceRecords": [{"Value": record.value}]}
        self.zone.change(f"write the validation record of {name}", "UPSERT", [cname])
        return Observed(record.name, {"name": record.name, "value": record.value})

    def _record(self, arn: str, domain: str) -> Validation:
        for attempt in range(RECORD_ATTEMPTS):
            found = validations(describe(self.acm, arn) or {}).get(domain)
            if found:
                return found
            if attempt < RECORD_ATTEMPTS - 1:
                self._sleep(RECORD_PAUSE)
        raise AwsError(f"ACM has made no validation record for {domain} of certificate {arn}; run again")

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        raise NotImplementedError("a record that is not right does not count as there")

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        """Route 53 wants to be told exactly what it deletes, and refuses what is gone (InvalidChangeBatch)."""
        doing = f"delete the validation record of {name}"
        self.zone.change(doing, "DELETE", [self._raw[name]], {"InvalidChangeBatch", "NoSuchHostedZone"})


def _key(validation: Validation) -> tuple[str, str]:
    return validation.name, validation.value


class Superseded(Kind):
    """Certificates of the same `Name` tag that another one took the place of, by the last part of their ARN.

    Those that something still serves are not seen, unless all are to go.
    """

    kind = "superseded certificate"
    after = (CERTIFICATE_KIND,)

    def __init__(self, certificates: Certificates, name: str, *, all_of_them: bool) -> None:
        self.certificates = certificates
        self.name = name
        self.all_of_them = all_of_them

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        if self.name not in self.certificates.named:
            self.certificates.observe(scope, [self.name])
        meant = self.certificates.meant.get(self.name)
        others = [
            each
            for each in self.certificates.named[self.name]
            if each["CertificateArn"] != meant and (self.all_of_them or not each.get("InUseBy"))
        ]
        return {
            each["CertificateArn"].rpartition("/")[2]: Observed(
                each["CertificateArn"], {"names": observed_names(each), "status": each["Status"]}
            )
            for each in others
        }

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        raise NotImplementedError("superseded certificates are only deleted")

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        raise NotImplementedError("superseded certificates are only deleted")

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        self.certificates.delete(scope, self.name, before)
