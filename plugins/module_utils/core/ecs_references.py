# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Values of a task definition that are looked up in AWS: an endpoint, a secret, an image. Pure.

A reference is a mapping in the place of a text:

  {database: NAME, attribute: host}      host, port, name (of the first database in it) or secret_arn
  {cache: NAME, attribute: host}         host or port
  {secret: NAME, key: KEY}               ARN of a secret, or of one key of the JSON in it
  {repository: NAME, tag: TAG}           image by digest; without a tag the image that runs now, and where there is
                                         none `first_tag`
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .plan import PlanRefused

ATTRIBUTES = {"database": ("host", "port", "name", "secret_arn"), "cache": ("host", "port")}
KEYS = {
    "database": {"database", "attribute"},
    "cache": {"cache", "attribute"},
    "secret": {"secret", "key"},
    "repository": {"repository", "tag", "first_tag"},
}


@dataclass(frozen=True)
class Reference:
    """`sort` says what is looked up, `name` which one, `detail` what of it: an attribute, a key or a tag."""

    sort: str
    name: str
    detail: str = ""

    def __str__(self) -> str:
        """How it is shown where it cannot be looked up, in place of the value."""
        if self.sort in ATTRIBUTES:
            return f"({self.detail} of {self.sort} {self.name})"
        return f"({self.sort} {self.name}{':' + self.detail if self.detail else ''})"


Resolve = Callable[[Reference], str]


def parse_reference(value: Any, where: str, running: str = "") -> Reference | str:
    """The reference that a mapping stands for, or the image that is kept. Raises PlanRefused for other mappings."""
    sort = next((each for each in KEYS if each in value), "")
    unknown = set(value) - KEYS.get(sort, set())
    if not sort or unknown:
        raise PlanRefused(
            f"{where}: a mapping here refers to one of {', '.join(KEYS)}"
            + (f", and {sort} takes no {', '.join(sorted(unknown))}" if sort else f"; got {value!r}")
        )
    name = str(value[sort] or "")
    if sort == "repository":
        return _image(name, value, where, running)
    if sort in ATTRIBUTES and value.get("attribute") not in ATTRIBUTES[sort]:
        raise PlanRefused(
            f"{where}: attribute of a {sort} is one of {', '.join(ATTRIBUTES[sort])}, got {value.get('attribute')!r}"
        )
    return Reference(sort, name, str(value.get("attribute") or value.get("key") or ""))


def _image(name: str, value: Mapping[str, Any], where: str, running: str) -> Reference | str:
    tag = str(value.get("tag") or "")
    if not tag and running:
        return running
    tag = tag or str(value.get("first_tag") or "")
    if not tag:
        raise PlanRefused(f"{where}: no image of {name} runs yet, so that a tag must be said")
    return Reference("repository", name, tag)


def references(containers: Any, images: Mapping[str, str]) -> list[Reference]:
    """All references in a list of container definitions; `images` are those that run now, by container."""
    found: list[Reference] = []

    def note(reference: Reference) -> str:
        found.append(reference)
        return ""

    resolved(containers, images, note)
    return list(dict.fromkeys(found))


def resolved(containers: Any, images: Mapping[str, str], resolve: Resolve) -> Any:
    """The container definitions with every reference replaced by what `resolve` makes of it."""
    if not isinstance(containers, list):
        return containers
    return [
        _container(each, f"containerDefinitions[{position}]", images, resolve) if isinstance(each, Mapping) else each
        for position, each in enumerate(containers)
    ]


def _container(container: Mapping[str, Any], where: str, images: Mapping[str, str], resolve: Resolve) -> dict[str, Any]:
    def text(value: Any, place: str, running: str = "") -> Any:
        if not isinstance(value, Mapping):
            return value
        found = parse_reference(value, f"{where}.{place}", running)
        return found if isinstance(found, str) else resolve(found)

    changed = dict(container)
    if "image" in container:
        changed["image"] = text(container["image"], "image", images.get(str(container.get("name")), ""))
    for key, value in (("environment", "value"), ("secrets", "valueFrom")):
        if key in container:
            changed[key] = _pairs(container[key], key, value, text)
    return changed


def _pairs(pairs: Any, key: str, value: str, text: Callable[[Any, str], Any]) -> Any:
    if isinstance(pairs, Mapping):
        return {name: text(each, f"{key}.{name}") for name, each in pairs.items()}
    if not isinstance(pairs, list):
        return pairs
    return [dict(_pair(each, key, value, text)) if isinstance(each, Mapping) else each for each in pairs]


def _pair(pair: Mapping[str, Any], key: str, value: str, text: Callable[[Any, str], Any]) -> Iterator[tuple[str, Any]]:
    for member, each in pair.items():
        yield member, text(each, f"{key}.{pair.get('name')}") if member == value else each
