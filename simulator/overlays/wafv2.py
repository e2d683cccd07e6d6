# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Web ACLs with their lock token, capacity, associations, logging and AWS's managed rule groups; IP sets are moto's."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from simulator.errors import AwsError
from simulator.overlay import Context, answers
from simulator.overlays.cloudfront_model import cdn
from simulator.overlays.elbv2_model import Balancing
from simulator.overlays.wafv2_model import Item, WebAcl, WebAcls
from simulator.overlays.wafv2_rules import capacity, check_rules, label_namespace
from simulator.tagged import Tagged, as_dict, tagged_resources

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_CAPACITY = 5000
REFUSED = "AWS WAF couldn't perform the operation because"
MEMBERS = (
    "DefaultAction",
    "Description",
    "VisibilityConfig",
    "CustomResponseBodies",
    "CaptchaConfig",
    "ChallengeConfig",
    "TokenDomains",
    "AssociationConfig",
    "DataProtectionConfig",
    "OnSourceDDoSProtectionConfig",
)


def gone(what: str = "") -> AwsError:
    return AwsError("WAFNonexistentItemException", f"{REFUSED} your resource doesn't exist. {what}".strip())


def check_scope(context: Context) -> str:
    scope: str = context.parameters.get("Scope", "REGIONAL")
    if scope == "CLOUDFRONT" and context.region != "us-east-1":
        message = "Error reason: The scope is not valid., field: SCOPE_VALUE, parameter: CLOUDFRONT"
        raise AwsError("WAFInvalidParameterException", message)
    return scope


def find(context: Context, arn: str) -> WebAcl:
    found = context.store(WebAcls).by_arn.get(arn)
    if found is None:
        raise gone(arn)
    return found


def _named(context: Context) -> WebAcl:
    """By name, scope and id, or by ARN, as the calls name it."""
    parameters, scope = context.parameters, check_scope(context)
    if parameters.get("ARN"):
        return find(context, parameters["ARN"])
    for acl in context.store(WebAcls).by_arn.values():
        if (acl.facts["Id"], acl.facts["Name"], acl.scope) == (parameters["Id"], parameters["Name"], scope):
            return acl
    raise gone()


def _check_lock(context: Context, acl: WebAcl) -> None:
    if context.parameters["LockToken"] != acl.lock:
        reason = "someone changed the resource after you started to edit it. Reapply your changes."
        raise AwsError("WAFOptimisticLockException", f"AWS WAF couldn't save your changes because {reason}")


def _facts(context: Context) -> Item:
    parameters = context.parameters
    rules = parameters.get("Rules") or []
    check_rules(context, rules)
    cost = capacity(rules)
    if cost > MOST_CAPACITY:
        raise AwsError("WAFLimitsExceededException", f"The web ACL needs {cost} WCUs, the limit is {MOST_CAPACITY}.")
    facts = {name: parameters[name] for name in MEMBERS if parameters.get(name) not in (None, "")}
    if len(facts["DefaultAction"]) != 1:
        raise AwsError(
            "WAFInvalidParameterException", "Error reason: exactly one default action, field: DEFAULT_ACTION"
        )
    return facts | {"Rules": rules, "Capacity": cost}


@answers("wafv2", "CreateWebACL")
def create(context: Context) -> dict[str, Any]:
    name, scope, store = context.parameters["Name"], check_scope(context), context.store(WebAcls)
    if any((acl.facts["Name"], acl.scope) == (name, scope) for acl in store.by_arn.values()):
        reason = "some resource in your request is a duplicate of an existing one."
        raise AwsError("WAFDuplicateItemException", f"{REFUSED} {reason}")
    identifier = str(uuid.uuid4())
    place = "global" if scope == "CLOUDFRONT" else "regional"
    arn = f"arn:aws:wafv2:{context.region}:{context.account}:{place}/webacl/{name}/{identifier}"
    facts = {"Name": name, "Id": identifier, "ARN": arn} | _facts(context)
    facts |= {"ManagedByFirewallManager": False, "RetrofittedByFirewallManager": False}
    facts["LabelNamespace"] = label_namespace(context.account, name)
    acl = WebAcl(facts, scope, str(uuid.uuid4()), as_dict(context.parameters.get("Tags") or []))
    store.by_arn[arn] = acl
    return {"Summary": _summary(acl)}


def _summary(acl: WebAcl) -> Item:
    names = ("Name", "Id", "ARN")
    shown = {name: acl.facts[name] for name in names}
    return shown | {"Description": acl.facts.get("Description", ""), "LockToken": acl.lock}


@answers("wafv2", "GetWebACL")
def get(context: Context) -> dict[str, Any]:
    acl = _named(context)
    return {"WebACL": acl.facts, "LockToken": acl.lock}


@answers("wafv2", "UpdateWebACL")
def update(context: Context) -> dict[str, Any]:
    """The whole of it, under its lock token."""
    acl = _named(context)
    _check_lock(context, acl)
    kept = {key: value for key, value in acl.facts.items() if key not in MEMBERS}
    acl.facts = kept | _facts(context)
    acl.lock = str(uuid.uuid4())
    return {"NextLockToken": acl.lock}


@answers("wafv2", "DeleteWebACL")
def delete(context: Context) -> dict[str, Any]:
    """Not while it protects something; its logging configuration goes first, too."""
    acl, store = _named(context), context.store(WebAcls)
    _check_lock(context, acl)
    arn = acl.facts["ARN"]
    if resources(context, acl):
        reason = "your resource is being used by another resource or it's associated with another resource."
        raise AwsError("WAFAssociatedItemException", f"{REFUSED} {reason}")
    store.logging.pop(arn, None)
    del store.by_arn[arn]
    return {}


@answers("wafv2", "ListWebACLs")
def list_acls(context: Context) -> dict[str, Any]:
    scope = check_scope(context)
    found = [acl for acl in context.store(WebAcls).by_arn.values() if acl.scope == scope]
    start, size = int(context.parameters.get("NextMarker") or 0), int(context.parameters.get("Limit") or 100)
    answer: Item = {"WebACLs": [_summary(acl) for acl in found[start : start + size]]}
    return answer | ({"NextMarker": str(start + size)} if start + size < len(found) else {})


def resources(context: Context, acl: WebAcl) -> list[str]:
    """What a web ACL protects: load balancers that are still there, or distributions."""
    arn = acl.facts["ARN"]
    if acl.scope == "CLOUDFRONT":
        return [one.arn for one in cdn(context).distributions.values() if one.config["WebACLId"] == arn]
    balancers = context.store(Balancing).balancers
    protected = context.store(WebAcls).protected
    return [resource for resource, by in protected.items() if by == arn and resource in balancers]


@answers("wafv2", "TagResource", "UntagResource", "ListTagsForResource")
def tags(context: Context) -> dict[str, Any]:
    """Of web ACLs; those of IP sets and rule groups are moto's."""
    arn = context.parameters["ResourceARN"]
    if "/webacl/" not in arn:
        return context.moto()
    known = find(context, arn).tags
    if context.call.operation == "TagResource":
        known.update(as_dict(context.parameters["Tags"]))
    for key in context.parameters.get("TagKeys") or []:
        known.pop(key, None)
    if context.call.operation != "ListTagsForResource":
        return {}
    shown = [{"Key": key, "Value": value} for key, value in known.items()]
    return {"TagInfoForResource": {"ResourceARN": arn, "TagList": shown}}


@tagged_resources
def tagged(context: Context) -> Iterator[Tagged]:
    for arn, acl in context.store(WebAcls).by_arn.items():
        yield Tagged(arn, "wafv2:webacl", dict(acl.tags))
