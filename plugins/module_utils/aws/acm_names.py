# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Certificates of ACM by their `Name` tag, for what serves them."""

from __future__ import annotations

import threading
import typing as t
from collections.abc import Callable, Iterable
from functools import partial

from ..core.plan import PlanRefused
from ..core.tags import from_pairs
from .api import Api
from .reconcile import side_by_side

# Without these, ListCertificates leaves out every certificate whose key is not RSA 1024 or 2048.
KEY_TYPES = ["RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1"]
GONE = frozenset({"ResourceNotFoundException"})
Item = dict[str, t.Any]


def listed_certificates(acm: Api, statuses: Iterable[str] = ()) -> list[Item]:
    """All certificates of the region as ACM lists them, each with its tags under `Tags`."""
    extra = {"CertificateStatuses": sorted(statuses)} if statuses else {}
    found = acm.pages(
        "list_certificates", "CertificateSummaryList", "list certificates", Includes={"keyTypes": KEY_TYPES}, **extra
    )
    tags = side_by_side({each["CertificateArn"]: partial(_tags, acm, each["CertificateArn"]) for each in found})
    return [{**each, "Tags": tags[each["CertificateArn"]]} for each in found]


def _tags(acm: Api, arn: str) -> dict[str, str]:
    answer = acm.read("list_tags_for_certificate", f"list tags of certificate {arn}", GONE, CertificateArn=arn)
    return from_pairs((answer or {}).get("Tags"))


class CertificateNames:
    """Issued certificates by `Name` tag or ARN. Safe between threads; nothing is asked before it is needed.

    While one certificate takes the place of another both have the name: the younger one is meant.
    """

    def __init__(self, acm: Callable[[], Api]) -> None:
        """`acm` makes the Api: most calls need none, because their certificates are named by ARN or there are none."""
        self._acm = acm
        self._arns: dict[str, str] | None = None
        self._lock = threading.Lock()

    def _by_name(self) -> dict[str, str]:
        with self._lock:
            if self._arns is None:
                found = listed_certificates(self._acm(), ["ISSUED"])
                ordered = sorted(found, key=lambda each: str(each.get("CreatedAt") or each.get("ImportedAt") or ""))
                self._arns = {each["Tags"].get("Name", ""): each["CertificateArn"] for each in ordered}
            return self._arns

    def arn(self, name: str) -> str:
        """The ARN of a certificate by name; an ARN stays what it is. Raises PlanRefused where there is none."""
        if name.startswith("arn:"):
            return name
        found = self._by_name().get(name)
        if found is None:
            raise PlanRefused(
                f"there is no issued certificate with the Name tag {name} in {self._acm().region}; request it and wait"
                " for it first (role certificate), or correct its name"
            )
        return found

    def name(self, arn: str, wanted: Iterable[str]) -> str:
        """Which of the wanted names leads to the ARN now; the ARN itself where none does."""
        names = [each for each in wanted if not each.startswith("arn:")]
        if not names:
            return arn
        return next((name for name in names if self._by_name().get(name) == arn), arn)
