# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ACM: certificates are issued when their validation record is in Route 53, and only then."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from simulator.errors import AwsError, not_implemented
from simulator.overlay import Context, answers, guards
from simulator.overlays.acm_model import Certificate, Certificates
from simulator.overlays.acm_usage import users_of
from simulator.overlays.acm_validation import options_for, recheck, reveal
from simulator.tagged import Tagged, tagged_resources

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.world import World

MOST_NAMES = 10
KEY_ALGORITHMS = ("RSA_2048", "EC_prime256v1", "EC_secp384r1")
# ListCertificates shows certificates with these keys alone where it is not asked for others.
SHOWN_KEYS = ("RSA_1024", "RSA_2048")
NAME = re.compile(
    r"(\*\.)?(([A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9-]{0,61}[A-Za-z0-9])\.)+[A-Za-z0-9][A-Za-z0-9-]{0,61}[A-Za-z0-9]"
)


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)


def certificate_of(context: Context) -> Certificate:
    arn = context.parameters["CertificateArn"]
    found = context.store(Certificates).by_arn.get(arn)
    if found is None:
        account, region = context.account, context.region
        raise AwsError("ResourceNotFoundException", f"Could not find certificate {arn} in account {account}, {region}.")
    return found


def _new_arn(context: Context) -> str:
    return f"arn:aws:acm:{context.region}:{context.account}:certificate/{uuid.uuid4()}"


@answers("acm", "RequestCertificate")
def request(context: Context) -> dict[str, Any]:
    """PENDING_VALIDATION; the records to make are shown a moment later."""
    parameters, store = context.parameters, context.store(Certificates)
    names = list(dict.fromkeys([parameters["DomainName"], *parameters.get("SubjectAlternativeNames", [])]))
    _check_request(parameters, names)
    token = parameters.get("IdempotencyToken", "")
    for arn, known in store.by_arn.items():
        if token and known.token == token and known.facts["SubjectAlternativeNames"] == names:
            return {"CertificateArn": arn}
    arn = _new_arn(context)
    algorithm = parameters.get("KeyAlgorithm", "RSA_2048")
    options = {"CertificateTransparencyLoggingPreference": "ENABLED", "Export": "DISABLED"}
    facts = {
        "CertificateArn": arn,
        "DomainName": names[0],
        "SubjectAlternativeNames": names,
        "DomainValidationOptions": options_for(parameters, names),
        "Subject": f"CN={names[0]}",
        "Issuer": "Amazon",
        "CreatedAt": datetime.now(UTC),
        "Status": "PENDING_VALIDATION",
        "KeyAlgorithm": algorithm.replace("RSA_", "RSA-"),
        "SignatureAlgorithm": "SHA256WITHRSA",
        "InUseBy": [],
        "Type": "AMAZON_ISSUED",
        "KeyUsages": [],
        "ExtendedKeyUsages": [],
        "RenewalEligibility": "INELIGIBLE",
        "Options": options | (parameters.get("Options") or {}),
    }
    certificate = Certificate(facts, _tags(parameters), token)
    store.by_arn[arn] = certificate
    if parameters.get("ValidationMethod") == "DNS":
        context.world.schedule.after("acm_record", reveal, context.account, certificate)
        context.world.schedule.after("acm_validation_window", _time_out, certificate)
    return {"CertificateArn": arn}


def _check_request(parameters: dict[str, Any], names: list[str]) -> None:
    for name in names:
        if not NAME.fullmatch(name) or len(name) > 253:
            raise _invalid(f"The domain name '{name}' is not valid")
    if len(names[0]) > 64:
        raise _invalid("The first domain name can have at most 64 characters")
    if len(names) > MOST_NAMES:
        raise AwsError("LimitExceededException", f"A certificate has at most {MOST_NAMES} names")
    if parameters.get("CertificateAuthorityArn"):
        raise not_implemented("acm", "RequestCertificate", "private certificate authorities")
    if parameters.get("ValidationMethod", "EMAIL") not in ("DNS", "EMAIL"):
        raise not_implemented("acm", "RequestCertificate", f"validation by {parameters['ValidationMethod']}")
    if parameters.get("KeyAlgorithm", "RSA_2048") not in KEY_ALGORITHMS:
        raise _invalid(f"The key algorithm {parameters['KeyAlgorithm']} cannot be requested")


def _time_out(world: World, certificate: Certificate) -> None:
    # where nothing takes time, nobody can be too late
    if certificate.facts["Status"] == "PENDING_VALIDATION" and not world.clock.instant:
        certificate.facts["Status"] = "VALIDATION_TIMED_OUT"
        for option in certificate.facts["DomainValidationOptions"]:
            option["ValidationStatus"] = "FAILED"


def _tags(parameters: dict[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag.get("Value", "") for tag in parameters.get("Tags", [])}


def _shown(context: Context, certificate: Certificate) -> dict[str, Any]:
    users = users_of(context, certificate.facts["CertificateArn"])
    facts = certificate.facts | {"InUseBy": users}
    if facts["Status"] == "ISSUED" and facts["Type"] == "AMAZON_ISSUED":
        facts["RenewalEligibility"] = "ELIGIBLE" if users else "INELIGIBLE"
    return facts


@answers("acm", "DescribeCertificate")
def describe(context: Context) -> dict[str, Any]:
    recheck(context.world)
    return {"Certificate": _shown(context, certificate_of(context))}


SUMMARY = (
    "CertificateArn",
    "DomainName",
    "Status",
    "Type",
    "KeyAlgorithm",
    "KeyUsages",
    "ExtendedKeyUsages",
    "RenewalEligibility",
    "NotBefore",
    "NotAfter",
    "CreatedAt",
    "IssuedAt",
    "ImportedAt",
)


@answers("acm", "ListCertificates")
def list_certificates(context: Context) -> dict[str, Any]:
    """By status and kind of key; without a wish for a kind only RSA keys of up to 2048 bits."""
    parameters = context.parameters
    statuses = parameters.get("CertificateStatuses")
    keys = (parameters.get("Includes") or {}).get("keyTypes") or SHOWN_KEYS
    wanted = [
        _shown(context, one)
        for one in context.store(Certificates).by_arn.values()
        if (not statuses or one.facts["Status"] in statuses)
        and one.facts["KeyAlgorithm"].replace("RSA-", "RSA_") in keys
    ]
    start = int(parameters.get("NextToken") or 0)
    end = start + int(parameters.get("MaxItems") or 100)
    answer: dict[str, Any] = {"CertificateSummaryList": [_summary(facts) for facts in wanted[start:end]]}
    return answer | ({"NextToken": str(end)} if end < len(wanted) else {})


def _summary(facts: dict[str, Any]) -> dict[str, Any]:
    names = facts["SubjectAlternativeNames"]
    summary = {key: facts[key] for key in SUMMARY if key in facts}
    summary["KeyUsages"] = [one["Name"] for one in facts["KeyUsages"]]
    summary["ExtendedKeyUsages"] = [one["Name"] for one in facts["ExtendedKeyUsages"]]
    summary |= {"SubjectAlternativeNameSummaries": names, "HasAdditionalSubjectAlternativeNames": False}
    summary["Exported"] = False
    return summary | {"InUse": bool(facts["InUseBy"])}


@answers("acm", "DeleteCertificate")
def delete(context: Context) -> dict[str, Any]:
    certificate = certificate_of(context)
    arn = certificate.facts["CertificateArn"]
    users = users_of(context, arn)
    if users:
        raise AwsError("ResourceInUseException", f"Certificate {arn} in account {context.account} is in use.")
    certificate.facts["Status"] = "DELETED"
    del context.store(Certificates).by_arn[arn]
    return {}


@answers("acm", "AddTagsToCertificate", "RemoveTagsFromCertificate", "ListTagsForCertificate")
def tags(context: Context) -> dict[str, Any]:
    certificate, operation = certificate_of(context), context.call.operation
    if operation == "ListTagsForCertificate":
        return {"Tags": [{"Key": key, "Value": value} for key, value in certificate.tags.items()]}
    if operation == "AddTagsToCertificate":
        certificate.tags.update(_tags(context.parameters))
        return {}
    for tag in context.parameters["Tags"]:
        if tag.get("Value") in (None, certificate.tags.get(tag["Key"])):
            certificate.tags.pop(tag["Key"], None)
    return {}


@answers("acm", "UpdateCertificateOptions")
def update_options(context: Context) -> dict[str, Any]:
    certificate_of(context).facts["Options"].update(context.parameters["Options"])
    return {}


@guards("acm", "RenewCertificate", "ResendValidationEmail", "ExportCertificate", "RevokeCertificate")
def not_here(context: Context) -> None:
    """Nothing that this platform does; moto would answer from a table of its own."""
    raise not_implemented("acm", context.call.operation)


@answers("acm", "ImportCertificate")
def import_certificate(context: Context) -> dict[str, Any]:
    """A certificate with its private key; with an ARN it takes the place of the one that was imported there."""
    from simulator.overlays.acm_import import read  # noqa: PLC0415 - loads the library when it is needed

    parameters, store = context.parameters, context.store(Certificates)
    arn = parameters.get("CertificateArn")
    if arn and parameters.get("Tags"):
        raise AwsError("ValidationException", "Tagging is not permitted on re-import.")
    present = certificate_of(context) if arn else None
    if present and present.facts["Type"] != "IMPORTED":
        raise _invalid("Only an imported certificate can be imported again")
    arn = arn or _new_arn(context)
    body, key = parameters["Certificate"].decode(), parameters["PrivateKey"].decode()
    chain = (parameters.get("CertificateChain") or b"").decode()
    facts = read(body, key) | {"CertificateArn": arn, "ImportedAt": datetime.now(UTC)}
    tags = present.tags if present else _tags(parameters)
    store.by_arn[arn] = Certificate(facts, tags, body=body, chain=chain, private_key=key)
    return {"CertificateArn": arn}


@answers("acm", "GetCertificate")
def get_certificate(context: Context) -> dict[str, Any]:
    """The imported one; those of ACM have their material in the data plane alone."""
    certificate = certificate_of(context)
    if certificate.facts["Status"] == "PENDING_VALIDATION":
        message = f"The certificate {certificate.facts['CertificateArn']} is not issued yet"
        raise AwsError("RequestInProgressException", message)
    if not certificate.body:
        raise not_implemented("acm", "GetCertificate", "of a certificate that ACM issued")
    return {"Certificate": certificate.body} | ({"CertificateChain": certificate.chain} if certificate.chain else {})


@tagged_resources
def tagged(context: Context) -> Iterator[Tagged]:
    for arn, certificate in context.store(Certificates).by_arn.items():
        yield Tagged(arn, "acm:certificate", dict(certificate.tags))
