# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is said of an imported certificate, read from its own bytes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from simulator.errors import AwsError

CURVES = {"secp256r1": "EC_prime256v1", "secp384r1": "EC_secp384r1", "secp521r1": "EC_secp521r1"}


def read(body: str, private_key: str) -> dict[str, Any]:
    """The members of CertificateDetail.

    :raises AwsError: for what is no certificate, has run out, or does not belong to the key.
    """
    try:
        certificate = x509.load_pem_x509_certificate(body.encode())
        key: Any = load_pem_private_key(private_key.encode(), None)
    except (ValueError, TypeError) as error:
        raise AwsError("ValidationException", f"The certificate or its private key cannot be read: {error}") from None
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if key.public_key().public_bytes(*form) != certificate.public_key().public_bytes(*form):
        raise AwsError("ValidationException", "The private key does not match the certificate.")
    if certificate.not_valid_after_utc < datetime.now(UTC):
        raise AwsError("ValidationException", "The certificate has expired.")
    names = _names(certificate)
    return {
        "DomainName": names[0] if names else "",
        "SubjectAlternativeNames": names,
        "Subject": certificate.subject.rfc4514_string(),
        "Issuer": certificate.issuer.rfc4514_string(),
        "Serial": f"{certificate.serial_number:x}",
        "Status": "ISSUED",
        "Type": "IMPORTED",
        "NotBefore": certificate.not_valid_before_utc,
        "NotAfter": certificate.not_valid_after_utc,
        "KeyAlgorithm": _algorithm(certificate.public_key()),
        "SignatureAlgorithm": "SHA256WITHRSA",
        "InUseBy": [],
        "KeyUsages": [],
        "ExtendedKeyUsages": [],
        "RenewalEligibility": "INELIGIBLE",
        "Options": {"CertificateTransparencyLoggingPreference": "DISABLED", "Export": "DISABLED"},
    }


def _names(certificate: x509.Certificate) -> list[str]:
    common = [str(one.value) for one in certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)]
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return common
    return list(dict.fromkeys([*common, *extension.value.get_values_for_type(x509.DNSName)]))


def _algorithm(key: Any) -> str:
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA-{key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in CURVES:
        return CURVES[key.curve.name]
    raise AwsError("ValidationException", "The certificate's key algorithm is not supported")
