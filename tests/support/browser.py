# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Load a page in a real browser, headless Chromium, and read what it made of it."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from html import unescape

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    # Time in the page stands still while it waits for answers, so that what its scripts ask for is there at the end.
    "--virtual-time-budget=10000",
)
PATIENCE = 60  # seconds until a page must be there


def executable() -> str | None:
    """Where the browser is, or None where the machine has none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@dataclass(frozen=True)
class Page:
    """A page as it stands when its scripts have run."""

    html: str

    @property
    def title(self) -> str:
        found = re.search(r"<title>(.*?)</title>", self.html, re.DOTALL)
        return unescape(found[1].strip()) if found else ""

    @property
    def text(self) -> str:
        """What a person reads: without markup, scripts and styles."""
        readable = re.sub(r"<(script|style)\b.*?</\1>", " ", self.html, flags=re.DOTALL)
        return " ".join(unescape(re.sub(r"<[^>]*>", " ", readable)).split())


def load(url: str, authority: str | None) -> Page:
    """Open a page in a browser of its own that trusts, beside what it is delivered with, `authority` (PEM)."""
    browser = executable()
    if browser is None:
        raise FileNotFoundError(f"no browser on PATH: {', '.join(NAMES)}")
    trust = _trust(authority) if authority else []
    with tempfile.TemporaryDirectory(prefix="monay-browser-", ignore_cleanup_errors=True) as profile:
        command = [browser, *FLAGS, f"--user-data-dir={profile}", *trust, "--dump-dom", url]
        # A proxy is for programs that do not know the front doors; the browser's address names one of them.
        environment = {"PATH": "/usr/bin:/bin:/usr/local/bin", "HOME": profile}
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False, env=environment)
    assert done.returncode == 0, f"{browser} ended with {done.returncode}: {done.stderr[-2000:]}"
    return Page(done.stdout)


def _trust(authority: str) -> list[str]:
    """Chromium takes an authority by the hash of its key; any other unknown certificate stays an error."""
    key = x509.load_pem_x509_certificate(authority.encode()).public_key()
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return [f"--ignore-certificate-errors-spki-list={base64.b64encode(hashlib.sha256(spki).digest()).decode()}"]
