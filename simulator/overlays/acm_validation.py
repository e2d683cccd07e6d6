# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""DNS validation: which record proves a name, and whether it is in a public zone of the simulated Route 53."""

from __future__ import annotations

import hashlib
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from simulator.overlays.acm_model import Certificate, Certificates
from simulator.overlays.route53_model import lookup

if TYPE_CHECKING:
    from simulator.world import World

VALID_DAYS = 395
USAGES = [{"Name": "DIGITAL_SIGNATURE"}, {"Name": "KEY_ENCIPHERMENT"}]
EXTENDED = [
    {"Name": "TLS_WEB_SERVER_AUTHENTICATION", "OID": "1.3.6.1.5.5.7.3.1"},
    {"Name": "TLS_WEB_CLIENT_AUTHENTICATION", "OID": "1.3.6.1.5.5.7.3.2"},
]


def options_for(parameters: dict[str, Any], names: list[str]) -> list[dict[str, Any]]:
    """What is to be validated; with the records only when `reveal` has come."""
    domains = {one["DomainName"]: one["ValidationDomain"] for one in parameters.get("DomainValidationOptions", [])}
    method = parameters.get("ValidationMethod", "EMAIL")
    return [
        {
            "DomainName": name,
            "ValidationDomain": domains.get(name, name),
            "ValidationStatus": "PENDING_VALIDATION",
            "ValidationMethod": method,
        }
        for name in names
    ]


def record_for(account: str, name: str) -> dict[str, str]:
    """The same for a name and its wildcard, and for every certificate of the account, as AWS has it."""
    base = name.removeprefix("*.").lower()
    first = hashlib.md5(f"{account} {base}".encode(), usedforsecurity=False).hexdigest()
    second = hashlib.md5(f"{base} {account}".encode(), usedforsecurity=False).hexdigest()
    return {"Name": f"_{first}.{base}.", "Type": "CNAME", "Value": f"_{second}.xlfgrmvvlj.acm-validations.aws."}


def reveal(world: World, account: str, certificate: Certificate) -> None:
    """Show the records that are to be made."""
    for option in certificate.facts["DomainValidationOptions"]:
        option["ResourceRecord"] = record_for(account, option["DomainName"])
    recheck(world)


def recheck(world: World) -> None:
    """Begin to issue every certificate whose records are all there; called when records have changed."""
    for _account, _region, store in world.stores(Certificates):
        for certificate in store.by_arn.values():
            pending = certificate.facts["Status"] == "PENDING_VALIDATION" and not certificate.under_way
            if pending and _is_proved(world, certificate):
                certificate.under_way = True
                world.schedule.after("acm", _issue, certificate)


def _is_proved(world: World, certificate: Certificate) -> bool:
    options = certificate.facts["DomainValidationOptions"]
    records = [option.get("ResourceRecord") for option in options]
    return all(record is not None and _is_there(world, record) for record in records)


def _is_there(world: World, record: dict[str, str]) -> bool:
    found = lookup(world, record["Name"], "CNAME")
    values = [one["Value"] for one in (found or {}).get("ResourceRecords", [])]
    return [value.rstrip(".").lower() for value in values] == [record["Value"].rstrip(".")]


def _issue(world: World, certificate: Certificate) -> None:
    certificate.under_way = False
    if certificate.facts["Status"] != "PENDING_VALIDATION" or not _is_proved(world, certificate):
        return
    for option in certificate.facts["DomainValidationOptions"]:
        option["ValidationStatus"] = "SUCCESS"
    now = datetime.now(UTC)
    certificate.facts |= {
        "Status": "ISSUED",
        "IssuedAt": now,
        "NotBefore": now.replace(hour=0, minute=0, second=0, microsecond=0),
        "NotAfter": now + timedelta(days=VALID_DAYS),
        "Serial": ":".join(f"{byte:02x}" for byte in uuid.uuid4().bytes),
        "KeyUsages": USAGES,
        "ExtendedKeyUsages": EXTENDED,
    }
