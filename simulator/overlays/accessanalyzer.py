# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""IAM Access Analyzer, which moto lacks: analyzers, archive rules left out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from simulator.errors import AwsError
from simulator.overlay import Context, answers
from simulator.tagged import Tagged, tagged_resources

# AWS allows one analyzer for external access of an account in a region.
TYPES = ("ACCOUNT", "ORGANIZATION", "ACCOUNT_UNUSED_ACCESS", "ORGANIZATION_UNUSED_ACCESS", "ACCOUNT_INTERNAL_ACCESS")


@dataclass
class Analyzers:
    """The analyzers of an account and region by name, as GetAnalyzer shows them."""

    by_name: dict[str, dict[str, Any]] = field(default_factory=dict)


def _find(context: Context, name: str) -> dict[str, Any]:
    analyzer = context.store(Analyzers).by_name.get(name)
    if analyzer is None:
        members = {"resourceId": name, "resourceType": "ANALYZER"}
        raise AwsError("ResourceNotFoundException", f"Analyzer {name} not found", 404, **members)
    return analyzer


@answers("accessanalyzer", "CreateAnalyzer")
def create(context: Context) -> dict[str, Any]:
    parameters, analyzers = context.parameters, context.store(Analyzers).by_name
    name, kind = parameters["analyzerName"], parameters["type"]
    if kind not in TYPES or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_.-]{0,254}", name):
        members = {"reason": "fieldValidationFailed"}
        raise AwsError("ValidationException", f"Invalid analyzer {name} of type {kind}", 400, **members)
    if name in analyzers:
        members = {"resourceId": name, "resourceType": "ANALYZER"}
        raise AwsError("ConflictException", f"An analyzer named {name} already exists", 409, **members)
    if any(analyzer["type"] == kind for analyzer in analyzers.values()):
        members = {"resourceId": name, "resourceType": "ANALYZER"}
        message = f"The quota of one analyzer of type {kind} in a region is reached"
        raise AwsError("ServiceQuotaExceededException", message, 402, **members)
    arn = f"arn:aws:access-analyzer:{context.region}:{context.account}:analyzer/{name}"
    analyzers[name] = {
        "arn": arn,
        "name": name,
        "type": kind,
        "createdAt": datetime.now(UTC),
        "tags": dict(parameters.get("tags", {})),
        "status": "ACTIVE",
    }
    if "configuration" in parameters:
        analyzers[name]["configuration"] = parameters["configuration"]
    return {"arn": arn}


@answers("accessanalyzer", "GetAnalyzer")
def get(context: Context) -> dict[str, Any]:
    return {"analyzer": _find(context, context.parameters["analyzerName"])}


@answers("accessanalyzer", "ListAnalyzers")
def list_analyzers(context: Context) -> dict[str, Any]:
    kind = context.parameters.get("type")
    analyzers = context.store(Analyzers).by_name.values()
    return {"analyzers": [analyzer for analyzer in analyzers if kind in (None, analyzer["type"])]}


@answers("accessanalyzer", "DeleteAnalyzer")
def delete(context: Context) -> dict[str, Any]:
    _find(context, context.parameters["analyzerName"])
    del context.store(Analyzers).by_name[context.parameters["analyzerName"]]
    return {}


@answers("accessanalyzer", "TagResource", "UntagResource", "ListTagsForResource")
def tags(context: Context) -> dict[str, Any]:
    analyzer = _find(context, context.parameters["resourceArn"].rpartition("/")[2])
    if context.call.operation == "TagResource":
        analyzer["tags"] |= context.parameters["tags"]
    elif context.call.operation == "UntagResource":
        for key in context.parameters["tagKeys"]:
            analyzer["tags"].pop(key, None)
    else:
        return {"tags": analyzer["tags"]}
    return {}


@tagged_resources
def tagged(context: Context) -> list[Tagged]:
    analyzers = context.store(Analyzers).by_name.values()
    return [Tagged(one["arn"], "access-analyzer:analyzer", one["tags"]) for one in analyzers]
