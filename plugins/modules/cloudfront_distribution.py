#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: cloudfront_distribution
short_description: Manage a CloudFront distribution in front of a bucket, with all that belongs to it
version_added: 0.2.0
description:
  - Creates, updates and deletes a distribution together with its origin access control, its response headers policy and
    the delivery of its access logs. It is found by its C(Name) tag, the others by the same name.
  - What AWS fills in is filled in on both sides before they are compared. What somebody changed by hand is noticed and
    put right, also where this module has no option for it.
  - The bucket must let CloudFront read; see O(ignore:cloudfront_prefix) of M(monay.platform.s3_bucket).
  - Deleting disables the distribution, waits until that has arrived everywhere, which takes minutes, and deletes it.
author: Monay platform engineers (@monay)
options:
  name:
    description: Name of the distribution.
    type: str
    required: true
  origin:
    description: Where the files are.
    type: dict
    suboptions:
      bucket:
        description: Name of the bucket.
        type: str
        required: true
      region:
        description: Region of the bucket, where it is not the task's.
        type: str
      path:
        description: Path in the bucket that is the root of the site; M(monay.platform.static_site) publishes there.
        type: str
        default: /site
  aliases:
    description: Host names that it answers to, besides its own of cloudfront.net.
    type: list
    elements: str
    default: []
  certificate:
    description:
      - Certificate for O(aliases), by its Name tag (or its ARN), in us-east-1. It must be issued.
      - Without it, CloudFront's own certificate is used.
    type: str
  minimum_tls:
    description: Security policy for visitors, with O(certificate).
    type: str
    choices: [TLSv1.2_2021, TLSv1.2_2025, TLSv1.3_2025]
    default: TLSv1.2_2021
  default_root_object:
    description: File that is the page of C(/).
    type: str
    default: index.html
  cache_policy:
    description: Cache policy by name; AWS's managed ones without C(Managed-).
    type: str
    default: CachingOptimized
  compress:
    description: Compress what can be compressed, for browsers that take it.
    type: bool
    default: true
  function:
    description: Name of a published CloudFront function that sees every request first. An empty string means none.
    type: str
    default: ""
  behaviors:
    description: Other caching for some paths, in the order in which they are tried.
    type: list
    elements: dict
    default: []
    suboptions:
      path_pattern:
        description: The paths, as in V(/downloads/*).
        type: str
        required: true
      cache_policy:
        description: Cache policy by name.
        type: str
        default: CachingOptimized
      compress:
        description: Compress what can be compressed.
        type: bool
        default: true
  error_pages:
    description:
      - Pages that are shown instead of errors. S3 says 403 for a file that is not there, because CloudFront may read a
        bucket and not list it.
      - For an application that has one page for all addresses, give C(/index.html) and 200.
    type: list
    elements: dict
    default: []
    suboptions:
      code:
        description: HTTP status of the origin.
        type: int
        required: true
      page:
        description: Path of the page, beginning with C(/).
        type: str
        required: true
      response_code:
        description: HTTP status for visitors.
        type: int
        required: true
      caching_seconds:
        description: Seconds for which CloudFront remembers the error.
        type: int
        default: 10
  http_version:
    description: Highest versions of HTTP.
    type: str
    choices: [http1.1, http2, http3, http2and3]
    default: http2and3
  ipv6:
    description: Answer over IPv6, too.
    type: bool
    default: true
  price_class:
    description: Which of CloudFront's locations are used. V(PriceClass_100) are North America, Europe and Israel.
    type: str
    choices: [PriceClass_100, PriceClass_200, PriceClass_All]
    default: PriceClass_100
  web_acl:
    description: Web ACL of AWS WAF by name, of scope CLOUDFRONT. An empty string means none.
    type: str
    default: ""
  response_headers:
    description: Headers that every answer gets. An empty string, or 0, leaves one out.
    type: dict
    suboptions:
      hsts_seconds:
        description: For how long browsers come by HTTPS only.
        type: int
        default: 31536000
      hsts_subdomains:
        description: Say so for all subdomains, too.
        type: bool
        default: false
      hsts_preload:
        description: Allow browsers to have it built in. That cannot be taken back quickly.
        type: bool
        default: false
      content_security_policy:
        description: What pages may load and run.
        type: str
        default: "default-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
      frame_options:
        description: Who may put pages into a frame.
        type: str
        choices: ["", DENY, SAMEORIGIN]
        default: DENY
      referrer_policy:
        description: What other sites learn of where a visitor comes from.
        type: str
        default: strict-origin-when-cross-origin
      permissions_policy:
        description: Which features of the browser pages may use.
        type: str
        default: "camera=(), geolocation=(), microphone=(), payment=()"
      custom:
        description: More headers, by name.
        type: dict
  access_logs:
    description:
      - Where access logs go, as JSON. The bucket needs C(cloudfront) in C(log_delivery) of
        M(monay.platform.s3_bucket). An empty dictionary stops them.
    type: dict
    suboptions:
      bucket:
        description: Name of the bucket.
        type: str
      prefix:
        description: Beginning of the keys. Without a slash at either end.
        type: str
  enabled:
    description: Whether it answers visitors.
    type: bool
    default: true
  state:
    description: Whether the distribution exists.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - monay.platform.platform
  - monay.platform.platform.tags
  - monay.platform.platform.wait
seealso:
  - module: monay.platform.static_site
"""

EXAMPLES = r"""
- name: Put CloudFront in front of the site
  monay.platform.cloudfront_distribution:
    region: eu-west-1
    name: monay-dev-website-static
    origin:
      bucket: monay-dev-111111111111-site
    aliases: [www.dev.monay.example, dev.monay.example]
    certificate: monay-dev-cdn
    web_acl: monay-dev-cdn
    error_pages:
      - { code: 403, page: /404.html, response_code: 404 }
      - { code: 404, page: /404.html, response_code: 404 }
    access_logs:
      bucket: monay-dev-111111111111-logs
      prefix: cloudfront
    tags:
      Project: monay
    wait: false
"""

RETURN = r"""
changes:
  description: What was changed, or would be in check mode.
  returned: always
  type: list
  elements: dict
  sample: [{action: update, kind: CloudFront distribution, name: monay-dev-website-static, fields: [aliases]}]
pending:
  description:
    - Names of slow resources that are not ready, or that the task has changed without waiting for them.
      M(monay.platform.wait_for) need not be asked where there are none.
  returned: always
  type: list
  elements: str
  sample: []
resources:
  description: What exists at the end, by kind and name.
  returned: always
  type: dict
  sample:
    CloudFront distribution:
      monay-dev-website-static:
        id: E2QWRUHAPOMQZL
        arn: arn:aws:cloudfront::111111111111:distribution/E2QWRUHAPOMQZL
        domain_name: d111111abcdef8.cloudfront.net
        hosted_zone_id: Z2FDTNDATAQYW2
        status: InProgress
        aliases: [dev.monay.example, www.dev.monay.example]
"""

import typing as t

from ansible_collections.monay.platform.plugins.module_utils.aws.acm_names import CertificateNames
from ansible_collections.monay.platform.plugins.module_utils.aws.cloudfront import REGION
from ansible_collections.monay.platform.plugins.module_utils.aws.cloudfront_distribution import Distributions
from ansible_collections.monay.platform.plugins.module_utils.aws.cloudfront_logs import (
    LogDeliveries,
    LogDestinations,
    LogSources,
)
from ansible_collections.monay.platform.plugins.module_utils.aws.cloudfront_policies import (
    SIGNED,
    OriginAccessControls,
    ResponseHeadersPolicies,
)
from ansible_collections.monay.platform.plugins.module_utils.aws.module import TAGS_SPEC, WAIT_SPEC, PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.aws.reconcile import Request
from ansible_collections.monay.platform.plugins.module_utils.aws.wafv2 import WebAclNames
from ansible_collections.monay.platform.plugins.module_utils.core.cdn_distribution import distribution_state
from ansible_collections.monay.platform.plugins.module_utils.core.cdn_headers import headers_config, headers_state

ORIGIN_SPEC = dict(
    bucket=dict(type="str", required=True), region=dict(type="str"), path=dict(type="str", default="/site")
)
BEHAVIOR_SPEC = dict(
    path_pattern=dict(type="str", required=True),
    cache_policy=dict(type="str", default="CachingOptimized"),
    compress=dict(type="bool", default=True),
)
ERROR_SPEC = dict(
    code=dict(type="int", required=True),
    page=dict(type="str", required=True),
    response_code=dict(type="int", required=True),
    caching_seconds=dict(type="int", default=10),
)
HEADERS_SPEC = dict(
    hsts_seconds=dict(type="int", default=31536000),
    hsts_subdomains=dict(type="bool", default=False),
    hsts_preload=dict(type="bool", default=False),
    content_security_policy=dict(
        type="str",
        default="default-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
    ),
    frame_options=dict(type="str", choices=["", "DENY", "SAMEORIGIN"], default="DENY"),
    referrer_policy=dict(type="str", default="strict-origin-when-cross-origin"),
    permissions_policy=dict(type="str", default="camera=(), geolocation=(), microphone=(), payment=()"),
    custom=dict(type="dict"),
)
ARGUMENT_SPEC: dict[str, t.Any] = dict(
    name=dict(type="str", required=True),
    origin=dict(type="dict", options=ORIGIN_SPEC),
    aliases=dict(type="list", elements="str", default=[]),
    certificate=dict(type="str"),
    minimum_tls=dict(type="str", choices=["TLSv1.2_2021", "TLSv1.2_2025", "TLSv1.3_2025"], default="TLSv1.2_2021"),
    default_root_object=dict(type="str", default="index.html"),
    cache_policy=dict(type="str", default="CachingOptimized"),
    compress=dict(type="bool", default=True),
    function=dict(type="str", default=""),
    behaviors=dict(type="list", elements="dict", options=BEHAVIOR_SPEC, default=[]),
    error_pages=dict(type="list", elements="dict", options=ERROR_SPEC, default=[]),
    http_version=dict(type="str", choices=["http1.1", "http2", "http3", "http2and3"], default="http2and3"),
    ipv6=dict(type="bool", default=True),
    price_class=dict(
        type="str", choices=["PriceClass_100", "PriceClass_200", "PriceClass_All"], default="PriceClass_100"
    ),
    web_acl=dict(type="str", default=""),
    response_headers=dict(type="dict", apply_defaults=True, options=HEADERS_SPEC),
    access_logs=dict(type="dict", options=dict(bucket=dict(type="str"), prefix=dict(type="str"))),
    enabled=dict(type="bool", default=True),
    state=dict(type="str", choices=["present", "absent"], default="present"),
    **TAGS_SPEC,
    **WAIT_SPEC,
)


def work(module: PlatformModule) -> t.NoReturn:
    options, name = module.params, module.params["name"]
    present = options["state"] == "present"
    cloudfront, logs = module.api("cloudfront", REGION), module.api("logs", REGION)
    headers = headers_config(name, options["response_headers"])
    distributions = Distributions(
        cloudfront,
        CertificateNames(lambda: module.api("acm", REGION)),
        WebAclNames(module.api("wafv2", REGION), "CLOUDFRONT"),
        [options["certificate"] or ""],
        options["wait_timeout"],
    )

    def request(kind: t.Any, state: dict[str, t.Any] | None) -> Request:
        if present and state is not None:
            return Request(kind, {name: state}, keep_tags=not options["purge_tags"])
        return Request(kind, absent=frozenset([name]))

    state: dict[str, t.Any] = {}
    if present:
        options["origin"]["region"] = options["origin"]["region"] or module.region
        tags = module.tags_of(distributions, {"name": name})
        state = {**distribution_state(name, options), "tags": tags}
    requests = [
        request(OriginAccessControls(cloudfront), SIGNED),
        request(ResponseHeadersPolicies(cloudfront, {name: headers}), headers_state(headers)),
        request(distributions, state),
    ]
    target = options["access_logs"]
    if target is not None or not present:
        bucket = (
            {"bucket": target["bucket"], "prefix": target["prefix"] or ""} if (target or {}).get("bucket") else None
        )
        requests += [
            request(LogSources(logs, options["tags"]), bucket and {"distribution": name}),
            request(LogDestinations(logs, options["tags"]), bucket),
            request(LogDeliveries(logs, options["tags"]), bucket and {}),
        ]
    module.reconcile(*requests, wait=module.wait_seconds if present else 0)


def main() -> None:
    PlatformModule(argument_spec=ARGUMENT_SPEC, required_if=[("state", "present", ["origin"])]).run(work)


if __name__ == "__main__":
    main()
