# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Takes the brakes off moto: writing XML, listing a class's methods and reading times took half of every call."""

from __future__ import annotations

import functools
from types import SimpleNamespace
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from moto.core import responses, serialize
from moto.core.utils import method_names_from_class
from moto.kms import models as kms_models
from moto.kms.utils import generate_private_key

DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'


def unparse(content: dict[str, Any], full_document: bool = True, **_options: Any) -> str:
    """Write nested dictionaries as XML in xmltodict's notation: `@name` is an attribute, `#text` the text."""
    pieces: list[str] = [DECLARATION] if full_document else []
    for name, value in content.items():
        _write(name, value, pieces)
    return "".join(pieces)


def _write(name: str, value: Any, pieces: list[str]) -> None:
    if isinstance(value, dict):
        _write_element(name, value, pieces)
    elif isinstance(value, list | tuple):
        for item in value:
            _write(name, item, pieces)
    elif value is None:
        pieces.append(f"<{name}/>")
    else:
        text = ("true" if value else "false") if isinstance(value, bool) else str(value)
        pieces.append(f"<{name}>{escape(text)}</{name}>" if text else f"<{name}/>")


def _write_element(name: str, members: dict[str, Any], pieces: list[str]) -> None:
    attributes, text, children = "", "", []
    for key, value in members.items():
        if key.startswith("@"):
            attributes += f" {key[1:]}={quoteattr(str(value))}"
        elif key == "#text":
            text = escape(str(value))
        else:
            children.append((key, value))
    start = len(pieces)
    pieces.append(f"<{name}{attributes}>{text}")
    for key, value in children:
        _write(key, value, pieces)
    if len(pieces) == start + 1 and not text:
        pieces[start] = f"<{name}{attributes}/>"
    else:
        pieces.append(f"</{name}>")


def private_key(key_spec: str) -> Any:
    """The key pair of an asymmetric KMS key; moto makes one for symmetric keys, too, in a tenth of a second."""
    return generate_private_key(key_spec) if key_spec.startswith(("RSA_", "ECC_")) else None


class DictPicker:
    """Finds a member in an overlay's answer, which has AWS's own names."""

    def __call__(self, context: Any) -> Any:
        return context.obj.get(context.key)


def apply() -> None:
    """Put the quicker functions in moto's place."""
    serialize.xmltodict = SimpleNamespace(unparse=unparse)
    kms_models.generate_private_key = private_key
    responses.method_names_from_class = functools.cache(method_names_from_class)
    # A list of objects holds the same few moments a thousand times.
    serialize.parse_to_aware_datetime = functools.lru_cache(maxsize=4096)(serialize.parse_to_aware_datetime)
