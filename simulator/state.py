# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Saving and loading AWS state: moto's models are pickled with the overlays', so that references between them hold."""

from __future__ import annotations

import io
import os
import pickle
import threading
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from moto.core.base_backend import AccountSpecificBackend, BackendDict

from simulator import moto_backend

FORMAT = 1


class StateError(Exception):
    """The state cannot be saved or loaded; the text says why."""


def _instances() -> list[BackendDict[Any]]:
    return list(BackendDict._instances)


def _refer(item: Any) -> tuple[str, ...] | None:
    """Name what lives at module level, so that it is referred to and not copied."""
    if isinstance(item, BackendDict):
        return ("service", item.service_name)
    if isinstance(item, AccountSpecificBackend):
        return ("account", item.service_name, item.account_id)
    return None


def _resolve(reference: tuple[str, ...]) -> Any:
    found = moto_backend.backend_dict(reference[1])
    if found is None:
        raise StateError(f"the state names the service {reference[1]}, which this moto does not have")
    return found if reference[0] == "service" else found[reference[2]]


_LOCKS = (type(threading.Lock()), type(threading.RLock()))


def _load_key(pem: bytes) -> Any:
    return serialization.load_pem_private_key(pem, password=None)


class _Pickler(pickle.Pickler):
    def reducer_override(self, obj: Any) -> Any:
        """Write keys as PEM and locks as new ones; their objects cannot be pickled."""
        if isinstance(obj, _LOCKS):
            return type(obj), ()
        if isinstance(obj, RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey):
            encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
            return _load_key, (obj.private_bytes(encoding, form, serialization.NoEncryption()),)
        return NotImplemented

    def persistent_id(self, obj: Any) -> Any:
        return _refer(obj)


class _Unpickler(pickle.Unpickler):
    def persistent_load(self, pid: Any) -> Any:
        return _resolve(pid)


def _global_state() -> dict[str, Any]:
    """State that moto keeps beside its backends."""
    s3 = moto_backend.backend_dict("s3")
    return {"bucket_accounts": dict(getattr(s3, "bucket_accounts", {}))}


def reset_globals() -> None:
    """Forget the state that moto keeps beside its backends."""
    s3 = moto_backend.backend_dict("s3")
    if s3 is not None:
        s3.bucket_accounts.clear()


def save(path: str, extra: dict[str, Any]) -> None:
    """Write all state to a file that only its owner may read, replacing it in one step.

    :raises StateError: when something in the state cannot be saved.
    """
    content = {
        "format": FORMAT,
        "backends": [
            (backends.service_name, account, region, backend)
            for backends in _instances()
            for account, regions in backends.items()
            for region, backend in regions.items()
        ],
        "globals": _global_state(),
        "extra": extra,
    }
    buffer = io.BytesIO()
    try:
        _Pickler(buffer, protocol=pickle.HIGHEST_PROTOCOL).dump(content)
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        raise StateError(f"cannot save the state to {path}: {error}") from error
    temporary = Path(f"{path}.{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(buffer.getvalue())
    temporary.replace(path)


def load(path: str) -> dict[str, Any]:
    """Put saved state in the place of the present one; what `save` was given as extra.

    Only load files that this simulator wrote: a pickle can run code.

    :raises StateError: when the file was written by another format of the simulator.
    """
    with Path(path).open("rb") as file:
        content = _Unpickler(file).load()
    if content.get("format") != FORMAT:
        raise StateError(f"{path} has state format {content.get('format')}, this simulator reads {FORMAT}")
    BackendDict.reset()
    for service, account, region, backend in content["backends"]:
        found = moto_backend.backend_dict(service)
        if found is None:
            raise StateError(f"{path} holds state of {service}, which this moto does not have")
        dict.__setitem__(found[account], region, backend)
    reset_globals()
    s3 = moto_backend.backend_dict("s3")
    if s3 is not None:
        s3.bucket_accounts.update(content["globals"]["bucket_accounts"])
    extra: dict[str, Any] = content["extra"]
    return extra
