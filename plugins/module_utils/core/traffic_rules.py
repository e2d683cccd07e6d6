# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules between the variables of load balancers, certificates and web ACLs. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from .problem import Problem, Values

# Source: ELBv2 CreateLoadBalancer, Name.
LONGEST_NAME = 32
NAME = re.compile(r"(?!internal-)[A-Za-z0-9](-?[A-Za-z0-9])*")
# Policies whose oldest version is TLS 1.2. Source: ELB user guide, "Security policies".
SSL_POLICY = re.compile(r"ELBSecurityPolicy-(TLS13-1-[23]|TLS-1-2|FS-1-2)(-[A-Za-z0-9-]+)?")
CERTIFICATE = re.compile(r"arn:aws[a-z-]*:acm:(?P<region>[a-z0-9-]+):\d{12}:certificate/.+")
CDN_REGION = "us-east-1"
# Source: WAF, RateBasedStatement.Limit.
LEAST_RATE, MOST_RATE = 10, 2_000_000_000
LOG_PREFIX = "aws-waf-logs-"


def _balancer(values: Values) -> Iterator[Problem]:
    name = values.get("load_balancer_name")
    if name is not None and len(str(name)) > LONGEST_NAME:
        yield Problem("load_balancer_name", f"at most {LONGEST_NAME} characters, {name} has {len(str(name))}")
    elif name is not None and not NAME.fullmatch(str(name)):
        yield Problem(
            "load_balancer_name", f"letters, digits and single hyphens, not beginning with internal-: {name!r}"
        )
    policy = values.get("load_balancer_ssl_policy")
    if policy is not None and not SSL_POLICY.fullmatch(str(policy)):
        right = "a policy with TLS 1.2 as its oldest version, as in ELBSecurityPolicy-TLS13-1-2-2021-06"
        yield Problem("load_balancer_ssl_policy", f"{right}; got {policy!r}")
    port = values.get("load_balancer_test_port")
    if port is not None and (not isinstance(port, int) or not 0 <= port <= 65535 or port in (80, 443)):
        yield Problem("load_balancer_test_port", f"a free port of the load balancer, or 0 for none; got {port!r}")
    timeout = values.get("load_balancer_idle_timeout")
    if timeout is not None and not 1 <= timeout <= 4000:
        yield Problem("load_balancer_idle_timeout", f"1 to 4000 seconds, got {timeout}")


def _certificates(values: Values) -> Iterator[Problem]:
    regions = {"certificate_arn": values.get("platform_region"), "certificate_cdn_arn": CDN_REGION}
    for variable, region in regions.items():
        arn = values.get(variable)
        if not arn:
            continue
        found = CERTIFICATE.fullmatch(str(arn))
        if found is None:
            yield Problem(variable, f"the ARN of a certificate of ACM, got {arn!r}")
        elif region is not None and found["region"] != region:
            yield Problem(variable, f"a certificate in {region}, where it is used; got one in {found['region']}")


def _web_acl(values: Values) -> Iterator[Problem]:
    limit = values.get("web_acl_rate_limit")
    if limit is not None and not LEAST_RATE <= limit <= MOST_RATE:
        yield Problem("web_acl_rate_limit", f"{LEAST_RATE} to {MOST_RATE} requests in five minutes, got {limit}")
    group = values.get("web_acl_log_group")
    if group is not None and not str(group).startswith(LOG_PREFIX):
        yield Problem("web_acl_log_group", f"AWS wants a name that begins with {LOG_PREFIX}, got {group!r}")


RULES: tuple[Callable[[Values], Iterator[Problem]], ...] = (_balancer, _certificates, _web_acl)
