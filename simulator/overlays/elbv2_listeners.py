# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Listeners with certificates and SSL policies, and the default rule that each of them has."""

from __future__ import annotations

import uuid
from typing import Any

from moto.elbv2.ssl_policies import SSL_POLICIES

from simulator.errors import AwsError, not_implemented
from simulator.overlay import Context, answers
from simulator.overlays.acm_model import Certificates
from simulator.overlays.elbv2_actions import actions
from simulator.overlays.elbv2_balancers import drop_listener, page
from simulator.overlays.elbv2_model import (
    Item,
    attribute_list,
    balancing,
    change_attributes,
    find,
    invalid,
    set_tags,
)
from simulator.overlays.elbv2_targets import follow_usage

MOST_LISTENERS, MOST_CERTIFICATES = 50, 25
# What AWS takes where a call names none.
DEFAULT_POLICY = "ELBSecurityPolicy-2016-08"
HEADERS = (
    "strict_transport_security",
    "access_control_allow_origin",
    "access_control_allow_methods",
    "access_control_allow_headers",
    "access_control_allow_credentials",
    "access_control_expose_headers",
    "access_control_max_age",
    "content_security_policy",
    "x_content_type_options",
    "x_frame_options",
)
MTLS_HEADERS = ("serial_number", "issuer", "subject", "validity", "leaf")


def _defaults(protocol: str) -> dict[str, str]:
    defaults = {"routing.http.response.server.enabled": "true"}
    defaults |= {f"routing.http.response.{name}.header_value": "" for name in HEADERS}
    if protocol == "HTTPS":
        for name in MTLS_HEADERS:
            defaults[f"routing.http.request.x_amzn_mtls_clientcert_{name}.header_name"] = (
                f"X-Amzn-Mtls-Clientcert-{name.replace('_', '-').title()}"
            )
        for name in ("tls_version", "tls_cipher_suite"):
            defaults[f"routing.http.request.x_amzn_{name}.header_name"] = f"X-Amzn-{name.replace('_', '-').title()}"
    return defaults


@answers("elbv2", "CreateListener")
def create(context: Context) -> dict[str, Any]:
    """Asked for again with the same settings it is the same."""
    parameters, store = context.parameters, balancing(context)
    balancer = find(context, "balancers", parameters["LoadBalancerArn"])
    arn = f"{balancer['LoadBalancerArn'].replace(':loadbalancer/', ':listener/')}/{uuid.uuid4().hex[:16]}"
    facts = _facts(context, parameters, {"LoadBalancerArn": balancer["LoadBalancerArn"]})
    siblings = store.listeners_of(balancer["LoadBalancerArn"])
    for sibling in siblings:
        if sibling["Port"] == facts["Port"]:
            if any(sibling.get(key) != value for key, value in facts.items()):
                raise AwsError("DuplicateListener", "A listener already exists on this port for this load balancer")
            return {"Listeners": [sibling]}
    if len(siblings) >= MOST_LISTENERS:
        raise AwsError("TooManyListeners", f"A load balancer has at most {MOST_LISTENERS} listeners")
    set_tags(context, arn, parameters.get("Tags", []))
    store.listeners[arn] = {"ListenerArn": arn} | facts
    store.attributes[arn] = _defaults(facts["Protocol"])
    rule_arn = f"{arn.replace(':listener/', ':listener-rule/')}/{uuid.uuid4().hex[:16]}"
    store.rules[rule_arn] = {
        "RuleArn": rule_arn,
        "Priority": "default",
        "Conditions": [],
        "Actions": facts["DefaultActions"],
        "IsDefault": True,
    }
    follow_usage(context.world, store)
    return {"Listeners": [store.listeners[arn]]}


def _facts(context: Context, given: Item, present: Item) -> Item:
    """A listener after a change."""
    facts = {key: value for key, value in present.items() if key != "ListenerArn"}
    facts |= {key: given[key] for key in ("Port", "Protocol", "SslPolicy") if given.get(key) is not None}
    if given.get("AlpnPolicy") or (given.get("MutualAuthentication") or {}).get("Mode", "off") != "off":
        raise not_implemented("elbv2", context.call.operation, "ALPN policies and mutual authentication")
    if facts.get("Protocol") not in ("HTTP", "HTTPS"):
        raise invalid(f"Listener protocol '{facts.get('Protocol')}' must be one of 'HTTP, HTTPS'")
    if not 1 <= int(facts.get("Port") or 0) <= 65535:
        raise invalid("A listener's port must be 1 to 65535")
    facts["Port"] = int(facts["Port"])
    _secure(context, facts, given)
    if given.get("DefaultActions") or "DefaultActions" not in facts:
        facts["DefaultActions"] = actions(
            context, given.get("DefaultActions", []), facts["LoadBalancerArn"], facts["Protocol"], facts["Port"]
        )
    return facts


def _secure(context: Context, facts: Item, given: Item) -> None:
    """HTTPS has one default certificate, issued and of this region, and a policy; HTTP has neither."""
    if facts["Protocol"] == "HTTP":
        if given.get("Certificates"):
            raise invalid("A certificate cannot be specified for HTTP listeners")
        for key in ("Certificates", "SslPolicy", "MutualAuthentication"):
            facts.pop(key, None)
        return
    if given.get("Certificates") is not None:
        if len(given["Certificates"]) != 1:
            raise AwsError("TooManyCertificates", "A listener must have exactly one default certificate")
        facts["Certificates"] = [{"CertificateArn": given["Certificates"][0]["CertificateArn"]}]
    if not facts.get("Certificates"):
        raise AwsError("CertificateNotFound", "A certificate must be specified for HTTPS listeners")
    check_certificate(context, facts["Certificates"][0]["CertificateArn"])
    facts.setdefault("SslPolicy", DEFAULT_POLICY)
    if facts["SslPolicy"] not in SSL_POLICIES:
        raise AwsError("SSLPolicyNotFound", f"SSL policy '{facts['SslPolicy']}' not found")
    facts["MutualAuthentication"] = {"Mode": "off"}


def check_certificate(context: Context, arn: str) -> None:
    """An ACM certificate must be there and issued; one of IAM is taken as it is."""
    if arn.startswith("arn:aws:iam:"):
        return
    certificate = context.store(Certificates).by_arn.get(arn)
    if certificate is None:
        raise AwsError("CertificateNotFound", f"Certificate ARN '{arn}' is not valid")
    if certificate.facts["Status"] != "ISSUED":
        message = f"The certificate '{arn}' must have a fully-qualified domain name, a supported signature, and a "
        raise AwsError("UnsupportedCertificate", f"{message}supported key size, and be issued.")


@answers("elbv2", "DescribeListeners")
def describe(context: Context) -> dict[str, Any]:
    arns, balancer = context.parameters.get("ListenerArns"), context.parameters.get("LoadBalancerArn")
    if arns:
        return {"Listeners": [find(context, "listeners", arn) for arn in arns]}
    if not balancer:
        raise invalid("You must specify either listener ARNs or a load balancer ARN")
    find(context, "balancers", balancer)
    return page(
        context, "Listeners", sorted(balancing(context).listeners_of(balancer), key=lambda one: int(one["Port"]))
    )


@answers("elbv2", "ModifyListener")
def modify(context: Context) -> dict[str, Any]:
    """Its default rule follows its default actions."""
    store = balancing(context)
    listener = find(context, "listeners", context.parameters["ListenerArn"])
    facts = _facts(context, context.parameters, listener)
    for sibling in store.listeners_of(listener["LoadBalancerArn"]):
        if sibling is not listener and sibling["Port"] == facts["Port"]:
            raise AwsError("DuplicateListener", "A listener already exists on this port for this load balancer")
    arn = listener["ListenerArn"]
    if facts["Protocol"] != listener["Protocol"]:
        store.attributes[arn] = _defaults(facts["Protocol"])
    listener.clear()
    listener.update({"ListenerArn": arn} | facts)
    store.rules_of(arn)[-1]["Actions"] = facts["DefaultActions"]
    follow_usage(context.world, store)
    return {"Listeners": [listener]}


@answers("elbv2", "DeleteListener")
def delete(context: Context) -> dict[str, Any]:
    store, arn = balancing(context), context.parameters["ListenerArn"]
    find(context, "listeners", arn)
    drop_listener(store, arn)
    follow_usage(context.world, store)
    return {}


@answers("elbv2", "DescribeListenerAttributes", "ModifyListenerAttributes")
def attributes(context: Context) -> dict[str, Any]:
    arn = find(context, "listeners", context.parameters["ListenerArn"])["ListenerArn"]
    known = balancing(context).attributes[arn]
    if context.call.operation.startswith("Modify"):
        change_attributes(known, context.parameters["Attributes"], "Listener")
    return {"Attributes": attribute_list(known)}


@answers("elbv2", "AddListenerCertificates", "RemoveListenerCertificates", "DescribeListenerCertificates")
def certificates(context: Context) -> dict[str, Any]:
    """The further certificates of a listener, chosen by SNI; the default one is shown among them."""
    listener = find(context, "listeners", context.parameters["ListenerArn"])
    if listener["Protocol"] != "HTTPS":
        raise AwsError("InvalidConfigurationRequest", "Only HTTPS listeners have certificates")
    further = balancing(context).certificates.setdefault(listener["ListenerArn"], [])
    default = listener["Certificates"][0]["CertificateArn"]
    given = [one["CertificateArn"] for one in context.parameters.get("Certificates", [])]
    if context.call.operation == "AddListenerCertificates":
        for arn in given:
            check_certificate(context, arn)
        further += [arn for arn in given if arn not in further and arn != default]
        if len(further) > MOST_CERTIFICATES:
            raise AwsError("TooManyCertificates", f"A listener has at most {MOST_CERTIFICATES} certificates")
        return {"Certificates": [{"CertificateArn": arn, "IsDefault": False} for arn in given]}
    if context.call.operation == "RemoveListenerCertificates":
        if default in given:
            raise AwsError("OperationNotPermitted", "The default certificate cannot be removed")
        further[:] = [arn for arn in further if arn not in given]
        return {}
    shown = [{"CertificateArn": default, "IsDefault": True}]
    return page(context, "Certificates", shown + [{"CertificateArn": arn, "IsDefault": False} for arn in further])
