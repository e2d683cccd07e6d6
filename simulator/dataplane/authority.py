# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The local certificate authority: what stands for Amazon's where a front door speaks TLS."""

from __future__ import annotations

import os
import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from simulator.overlays.acm_model import covers

if TYPE_CHECKING:
    from simulator.dataplane.picture import Material

DAYS = 30
VARIABLE = "SSL_CERT_FILE"
PEM, KEY_FORM = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
LOCAL = ".localhost"


def _public() -> list[str]:
    """The public authorities, and those of this machine where it names them."""
    files = [Path(certifi.where()), Path(os.environ.get(VARIABLE) or os.devnull)]
    return [file.read_text(encoding="utf-8") for file in files if file.is_file()]


class Authority:
    """Signs certificates; its own key stays in memory, its files are in a directory that only the owner can read."""

    def __init__(self) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="simulator-ca-")
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "AWS simulator on this machine")])
        self._certificate = self._root()
        self._contexts: dict[tuple[str, ...], ssl.SSLContext] = {}
        self.pem = self._certificate.public_bytes(PEM).decode()
        self.bundle = Path(self._directory.name, "bundle.pem")
        """A file with this authority and those that are believed without the simulator, for SSL_CERT_FILE."""
        self.bundle.write_text("".join([self.pem, *_public()]), encoding="utf-8")

    def close(self) -> None:
        self._directory.cleanup()

    def _root(self) -> x509.Certificate:
        usage = x509.KeyUsage(
            digital_signature=True,
            key_cert_sign=True,
            crl_sign=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            encipher_only=False,
            decipher_only=False,
        )
        constraints = x509.BasicConstraints(ca=True, path_length=0)
        identifier = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        return (
            self._builder(self._name, self._key.public_key())
            .add_extension(constraints, critical=True)
            .add_extension(usage, critical=True)
            .add_extension(identifier, critical=False)
            .sign(self._key, hashes.SHA256())
        )

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=DAYS))
        )

    def _leaf(self, names: tuple[str, ...]) -> tuple[str, str]:
        """A certificate for these names, and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0][:64])])
        plain = [x509.DNSName(name) for name in names]
        alternatives: list[x509.GeneralName] = [*plain, x509.IPAddress(ip_address("127.0.0.1"))]
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        certificate = (
            self._builder(subject, key.public_key())
            .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(issuer, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        private = key.private_bytes(PEM, KEY_FORM, serialization.NoEncryption())
        return certificate.public_bytes(PEM).decode() + self.pem, private.decode()

    def _context(self, key: tuple[str, ...], chain: str, private: str, oldest: ssl.TLSVersion) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = oldest
        context.set_alpn_protocols(["http/1.1"])
        # Front doors and stores ask from threads of their own: each has a file of its own.
        with tempfile.NamedTemporaryFile("w", dir=self._directory.name, encoding="utf-8") as file:
            file.write(private + chain)
            file.flush()
            context.load_cert_chain(file.name)
        self._contexts[key] = context
        return context

    def _own(self, names: tuple[str, ...], oldest: ssl.TLSVersion) -> ssl.SSLContext:
        key = (oldest.name, *names)
        return self._contexts.get(key) or self._context(key, *self._leaf(names), oldest)

    def for_names(self, names: tuple[str, ...], oldest: ssl.TLSVersion) -> ssl.SSLContext:
        """What a server of these names answers with."""
        return self._own(names, oldest)

    def _for(self, material: Material, oldest: ssl.TLSVersion) -> ssl.SSLContext:
        """The imported certificate itself, or one of ours for the names of one that ACM issued."""
        if not material.private_key:
            return self._own(material.names, oldest)
        key = (oldest.name, material.body)
        chain = f"{material.body}\n{material.chain}"
        return self._contexts.get(key) or self._context(key, chain, material.private_key, oldest)

    def server(self, materials: tuple[Material, ...], oldest: ssl.TLSVersion) -> ssl.SSLContext:
        """What a front door answers with: chosen by the name that the client asks for, the first by default.

        `NAME.localhost`, with which browsers come, has a certificate of its own.
        """
        by_material = [(material.names, self._for(material, oldest)) for material in materials]
        names = tuple(dict.fromkeys(name for material in materials for name in material.names))
        local = self._own(("localhost", *(f"{name}{LOCAL}" for name in names)), oldest)
        default = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        default.minimum_version = oldest
        default.set_alpn_protocols(["http/1.1"])

        def choose(socket: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> None:
            first = by_material[0][1]
            if name and name.endswith("localhost"):
                socket.context = local
            else:
                socket.context = next((one for known, one in by_material if covers(list(known), name or "")), first)

        default.sni_callback = choose
        return default
