# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a distribution refers to must be there: origins, policies, functions, certificates, names, web ACLs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.errors import AwsError
from simulator.overlays.acm_model import Certificates, covers
from simulator.overlays.cloudfront_kept import find_kept
from simulator.overlays.cloudfront_model import Item, all_distributions, behaviours, cdn, items_of
from simulator.overlays.wafv2_model import WebAcls

if TYPE_CHECKING:
    from simulator.overlay import Context

MOST_ALIASES = 100
MOST_BEHAVIOURS = 75


def check(context: Context, config: Item, identifier: str) -> None:
    """Refuse what CloudFront refuses."""
    _check_origins(context, config)
    for behaviour in behaviours(config):
        _check_behaviour(context, config, behaviour)
    patterns = [one["PathPattern"] for one in items_of(config["CacheBehaviors"])]
    if len(set(patterns)) < len(patterns):
        raise AwsError("InvalidArgument", "A path pattern is used by more than one cache behavior.", 400)
    if len(patterns) > MOST_BEHAVIOURS:
        raise AwsError("TooManyCacheBehaviors", f"A distribution has at most {MOST_BEHAVIOURS} cache behaviors.", 400)
    _check_certificate(context, config)
    _check_aliases(context, config, identifier)
    acl = config["WebACLId"]
    if acl and acl not in context.store(WebAcls, region="us-east-1").by_arn:
        raise AwsError("InvalidWebACLId", f"The web ACL {acl} does not exist, or is not for CloudFront.", 400)


def _check_origins(context: Context, config: Item) -> None:
    for origin in items_of(config["Origins"]):
        control = origin["OriginAccessControlId"]
        if control and control not in cdn(context).kept.get("OriginAccessControl", {}):
            message = "The specified origin access control does not exist."
            raise AwsError("InvalidOriginAccessControl", message, 400)


def _check_behaviour(context: Context, config: Item, behaviour: Item) -> None:
    if behaviour["TargetOriginId"] not in [one["Id"] for one in items_of(config["Origins"])]:
        message = "One or more of your origins or origin groups do not exist."
        raise AwsError("NoSuchOrigin", message, 404)
    for kind in ("CachePolicy", "OriginRequestPolicy", "ResponseHeadersPolicy"):
        if behaviour.get(f"{kind}Id"):
            find_kept(context, kind, behaviour[f"{kind}Id"])
    events: list[str] = []
    for association in items_of(behaviour["FunctionAssociations"]):
        events.append(association["EventType"])
        name = association["FunctionARN"].rpartition("/")[2]
        function = cdn(context).functions.get(name)
        if function is None or "LIVE" not in function.stages:
            message = f"The function {association['FunctionARN']} does not exist, or is not published."
            raise AwsError("InvalidFunctionAssociation", message, 400)
    if len(set(events)) < len(events) or not set(events) <= {"viewer-request", "viewer-response"}:
        raise AwsError("InvalidFunctionAssociation", "One function for viewer-request and for viewer-response.", 400)


def _check_certificate(context: Context, config: Item) -> None:
    arn = config["ViewerCertificate"].get("ACMCertificateArn")
    if not arn:
        return
    certificate = context.store(Certificates, region="us-east-1").by_arn.get(arn)
    if certificate is None or certificate.facts["Status"] != "ISSUED":
        message = "The specified SSL certificate doesn't exist, isn't in us-east-1 region, isn't valid, or doesn't "
        raise AwsError("InvalidViewerCertificate", f"{message}include a valid certificate chain.", 400)


def _check_aliases(context: Context, config: Item, identifier: str) -> None:
    aliases = [alias.lower() for alias in items_of(config["Aliases"])]
    if len(aliases) > MOST_ALIASES:
        raise AwsError("TooManyDistributionCNAMEs", f"A distribution has at most {MOST_ALIASES} names.", 400)
    arn = config["ViewerCertificate"].get("ACMCertificateArn")
    certificate = context.store(Certificates, region="us-east-1").by_arn.get(arn) if arn else None
    names = certificate.facts["SubjectAlternativeNames"] if certificate else []
    if not all(covers(names, alias) for alias in aliases):
        message = "To add an alternate domain name (CNAME) to a CloudFront distribution, you must attach a trusted "
        message += "certificate that validates your authorization to use the domain name."
        raise AwsError("InvalidViewerCertificate", message, 400)
    for _account, other in all_distributions(context.world):
        taken = {alias.lower() for alias in items_of(other.config["Aliases"])}
        if other.identifier != identifier and taken & set(aliases):
            message = "One or more of the CNAMEs you provided are already associated with a different resource."
            raise AwsError("CNAMEAlreadyExists", message, 409)
