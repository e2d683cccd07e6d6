# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""CloudFront functions: developed, published, associated with behaviours."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from simulator.errors import AwsError, not_implemented
from simulator.overlay import Context, answers
from simulator.overlays.cloudfront_kept import HOST, most, paged
from simulator.overlays.cloudfront_model import (
    Function,
    Item,
    behaviours,
    cdn,
    items_of,
    listed,
    new_id,
    require_match,
)

RUNTIMES = ("cloudfront-js-1.0", "cloudfront-js-2.0")
MOST_BYTES = 10 * 1024


def _function(context: Context) -> Function:
    found = cdn(context).functions.get(context.parameters["Name"])
    if found is None:
        raise AwsError("NoSuchFunctionExists", f"The function {context.parameters['Name']} does not exist.", 404)
    return found


def _stage(context: Context, function: Function) -> Item:
    name = context.parameters.get("Stage") or "DEVELOPMENT"
    if name not in function.stages:
        raise AwsError("NoSuchFunctionExists", f"The function {function.name} has no stage {name}.", 404)
    found: Item = function.stages[name]
    return found


def _summary(function: Function, stage: str) -> Item:
    kept = function.stages[stage]
    return {
        "Name": function.name,
        "Status": kept["Status"],
        "FunctionConfig": kept["Config"],
        "FunctionMetadata": {
            "FunctionARN": function.arn,
            "Stage": stage,
            "CreatedTime": function.created,
            "LastModifiedTime": kept["Modified"],
        },
    }


def _development(context: Context) -> Item:
    parameters = context.parameters
    config, code = parameters["FunctionConfig"], parameters["FunctionCode"]
    if config["Runtime"] not in RUNTIMES:
        raise AwsError("InvalidArgument", f"The runtime {config['Runtime']} is not valid.", 400)
    if len(code) > MOST_BYTES:
        raise AwsError("FunctionSizeLimitExceeded", f"A function has at most {MOST_BYTES} bytes.", 413)
    stores = config.get("KeyValueStoreAssociations") or {}
    if items_of(stores):
        raise not_implemented("cloudfront", context.call.operation, "functions with key value stores")
    shown = {"Comment": config["Comment"], "Runtime": config["Runtime"]}
    return {
        "Config": shown,
        "Code": bytes(code),
        "ETag": f"ETV{new_id()}",
        "Status": "UNPUBLISHED",
        "Modified": datetime.now(UTC),
    }


@answers("cloudfront", "CreateFunction")
def create(context: Context) -> dict[str, Any]:
    name, store = context.parameters["Name"], cdn(context)
    if name in store.functions:
        raise AwsError("FunctionAlreadyExists", f"A function with the name {name} exists.", 409)
    arn = f"arn:aws:cloudfront::{context.account}:function/{name}"
    function = Function(name, arn, {}, datetime.now(UTC))
    function.stages["DEVELOPMENT"] = _development(context)
    store.functions[name] = function
    answer = {"FunctionSummary": _summary(function, "DEVELOPMENT"), "Location": f"{HOST}/function/{arn}"}
    return answer | {"ETag": function.stages["DEVELOPMENT"]["ETag"]}


@answers("cloudfront", "UpdateFunction")
def update(context: Context) -> dict[str, Any]:
    function = _function(context)
    require_match(context.parameters.get("IfMatch"), function.stages["DEVELOPMENT"]["ETag"])
    function.stages["DEVELOPMENT"] = _development(context)
    return {"FunctionSummary": _summary(function, "DEVELOPMENT"), "ETag": function.stages["DEVELOPMENT"]["ETag"]}


@answers("cloudfront", "PublishFunction")
def publish(context: Context) -> dict[str, Any]:
    function = _function(context)
    development = function.stages["DEVELOPMENT"]
    require_match(context.parameters.get("IfMatch"), development["ETag"])
    development["Status"] = "UNASSOCIATED"
    function.stages["LIVE"] = development | {"ETag": f"ETV{new_id()}", "Modified": datetime.now(UTC)}
    return {"FunctionSummary": _summary(function, "LIVE")}


@answers("cloudfront", "DescribeFunction")
def describe(context: Context) -> dict[str, Any]:
    function = _function(context)
    stage = _stage(context, function)
    name = context.parameters.get("Stage") or "DEVELOPMENT"
    return {"FunctionSummary": _summary(function, name), "ETag": stage["ETag"]}


@answers("cloudfront", "GetFunction")
def get(context: Context) -> dict[str, Any]:
    stage = _stage(context, _function(context))
    return {"FunctionCode": stage["Code"], "ETag": stage["ETag"], "ContentType": "application/octet-stream"}


@answers("cloudfront", "DeleteFunction")
def delete(context: Context) -> dict[str, Any]:
    function, store = _function(context), cdn(context)
    require_match(context.parameters.get("IfMatch"), function.stages["DEVELOPMENT"]["ETag"])
    for distribution in store.distributions.values():
        for behaviour in behaviours(distribution.config):
            if function.arn in [one["FunctionARN"] for one in items_of(behaviour["FunctionAssociations"])]:
                raise AwsError("FunctionInUse", f"The function is used by {distribution.identifier}.", 409)
    del store.functions[function.name]
    return {}


@answers("cloudfront", "ListFunctions")
def list_functions(context: Context) -> dict[str, Any]:
    stage = context.parameters.get("Stage")
    items = [
        _summary(function, name)
        for function in cdn(context).functions.values()
        for name in function.stages
        if stage in (None, name)
    ]
    page, following = paged(context, items, lambda one: str(one["Name"]))
    return {"FunctionList": {"MaxItems": most(context)} | listed(page) | following}
