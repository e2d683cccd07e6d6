# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""IAM Access Analyzer: finds what is shared with the outside of the account."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable

from ..core.plan import Observed, State
from ..core.tags import owned, tag_changes
from .api import Api, AwsError
from .reconcile import Kind, Scope

# What comes back where a region does not have a service, or does not have it for this account.
# A 404 without a code of AWS is the answer of something that does not know the service at all.
UNAVAILABLE = frozenset(
    {"404", "EndpointConnectionError", "NotImplemented", "UnknownOperationException", "UnrecognizedClientException"}
)
GONE = {"ResourceNotFoundException"}

Analyzer = dict[str, t.Any]


class Unavailable(Exception):
    """The region does not have Access Analyzer; the text says what was tried."""


def list_analyzers(api: Api) -> list[Analyzer]:
    """The region's analyzers of the account, as AWS describes them. Raises Unavailable."""
    try:
        return api.pages("list_analyzers", "analyzers", "list IAM Access Analyzers", type="ACCOUNT")
    except AwsError as error:
        if error.code in UNAVAILABLE:
            raise Unavailable(str(error)) from error
        raise


class Analyzers(Kind):
    """State: `tags`. Analyzers of type ACCOUNT only."""

    kind = "IAM Access Analyzer"

    def __init__(self, api: Api, found: list[Analyzer]) -> None:
        """`found` is the answer of list_analyzers, so that nobody asks twice."""
        self.api = api
        self.found = found

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        mine = {each["name"]: each for each in self.found if each["name"] in set(names)}
        return {name: self._observed(each["arn"], owned(each.get("tags"))) for name, each in mine.items()}

    @staticmethod
    def _observed(arn: str, tags: dict[str, str]) -> Observed:
        return Observed(arn, {"tags": tags}, {"arn": arn})

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        tags = wanted.get("tags") or {}
        answer = self.api.write(
            "create_analyzer",
            f"create IAM Access Analyzer {name}",
            missing={"ConflictException"},
            analyzerName=name,
            type="ACCOUNT",
            tags=tags,
        )
        if answer is None:  # the first of two tries had done it
            self.found = list_analyzers(self.api)
            return self.observe(scope, [name])[name]
        return self._observed(answer["arn"], tags)

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        setting, removing = tag_changes(before.state["tags"], wanted["tags"])
        doing = f"tag IAM Access Analyzer {name}"
        if setting:
            self.api.write("tag_resource", doing, resourceArn=before.id, tags=setting)
        if removing:
            self.api.write("untag_resource", doing, resourceArn=before.id, tagKeys=removing)

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        self.api.write("delete_analyzer", f"delete IAM Access Analyzer {name}", missing=GONE, analyzerName=name)
