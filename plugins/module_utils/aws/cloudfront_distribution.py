# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""CloudFront: distributions, found by their Name tag and disabled before they are deleted."""

from __future__ import annotations

import time
import typing as t
import uuid
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from ..core.cdn_distribution import config_from_state, state_from_config
from ..core.plan import Observed, State
from ..core.readiness import CLOUDFRONT_DISTRIBUTION, pause_after
from ..core.tags import tag_changes, to_pairs
from .acm_names import CertificateNames
from .api import Api, AwsError
from .cloudfront import distributions_by_name
from .cloudfront_policies import CachePolicies, OriginAccessControls, ResponseHeadersPolicies
from .reconcile import Kind, Scope, side_by_side
from .wafv2 import WebAclNames

GONE = {"NoSuchDistribution"}
# The zone that records for any distribution name as the target of their alias. Source: Route 53 API, AliasTarget.
HOSTED_ZONE = "Z2FDTNDATAQYW2"


class Distributions(Kind):
    """State: see `core.cdn_distribution`, with names, and `tags`. Facts: what records and waits need."""

    kind = "CloudFront distribution"
    after = (OriginAccessControls.kind, ResponseHeadersPolicies.kind)
    named_by_tag = True
    statuses = CLOUDFRONT_DISTRIBUTION

    def __init__(
        self,
        cloudfront: Api,
        certificates: CertificateNames,
        web_acls: WebAclNames,
        wanted_certificates: Iterable[str],
        delete_timeout: float,
    ) -> None:
        self.cloudfront = cloudfront
        self.certificates = certificates
        self.web_acls = web_acls
        self.wanted_certificates = [each for each in wanted_certificates if each]
        self.cache_policies = CachePolicies(cloudfront)
        self.delete_timeout = delete_timeout
        self.sleep: Callable[[float], None] = time.sleep

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        named = distributions_by_name(self.cloudfront)
        found = {name: named[name] for name in names if name in named}
        answers = side_by_side({name: partial(self._get, each["Id"]) for name, each in found.items()})
        return {name: self._observed(scope, answer, found[name]["Tags"]) for name, answer in answers.items() if answer}

    def _get(self, identifier: str) -> dict[str, t.Any] | None:
        doing = f"look at CloudFront distribution {identifier}"
        return t.cast("dict[str, t.Any] | None", self.cloudfront.read("get_distribution", doing, GONE, Id=identifier))

    def _observed(self, scope: Scope, answer: Mapping[str, t.Any], tags: dict[str, str]) -> Observed:
        distribution = answer["Distribution"]
        raw = state_from_config(distribution["DistributionConfig"])
        facts = {
            "arn": distribution["ARN"],
            "domain_name": distribution["DomainName"],
            "hosted_zone_id": HOSTED_ZONE,
            "status": distribution["Status"],
            "aliases": raw["aliases"],
        }
        return Observed(distribution["Id"], {**self._with_names(scope, raw), "tags": tags}, facts)

    def _with_names(self, scope: Scope, raw: State) -> State:
        return {
            **raw,
            "certificate": self.certificates.name(raw["certificate"], self.wanted_certificates),
            "access_control": scope.name(OriginAccessControls.kind, raw["access_control"]),
            "response_headers": scope.name(ResponseHeadersPolicies.kind, raw["response_headers"]),
            "cache_policy": self.cache_policies.name(raw["cache_policy"]),
            "behaviors": [
                {**each, "cache_policy": self.cache_policies.name(each["cache_policy"])} for each in raw["behaviors"]
            ],
            "function": raw["function"].rpartition("/")[2],
            # arn:aws:wafv2:us-east-1:111111111111:global/webacl/NAME/ID
            "web_acl": raw["web_acl"].split("/")[2] if raw["web_acl"].startswith("arn:aws:wafv2:") else raw["web_acl"],
        }

    def _with_ids(self, scope: Scope, state: State) -> State:
        return {
            **state,
            "certificate": state["certificate"] and self.certificates.arn(state["certificate"]),
            "access_control": scope.id(OriginAccessControls.kind, state["access_control"]),
            "response_headers": scope.id(ResponseHeadersPolicies.kind, state["response_headers"]),
            "cache_policy": self.cache_policies.id(state["cache_policy"]),
            "behaviors": [
                {**each, "cache_policy": self.cache_policies.id(each["cache_policy"])} for each in state["behaviors"]
            ],
            "function": state["function"] and self._function(state["function"]),
            "web_acl": state["web_acl"] and self.web_acls.arn(state["web_acl"]),
        }

    def _function(self, name: str) -> str:
        doing = f"find CloudFront function {name}"
        answer = self.cloudfront.read("describe_function", doing, Name=name, Stage="LIVE")
        return str(answer["FunctionSummary"]["FunctionMetadata"]["FunctionARN"])

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        tags = wanted.get("tags") or {}
        # A reference that was used once is refused for good, so that a name alone could never come back.
        config = config_from_state(self._with_ids(scope, wanted), f"{name}-{uuid.uuid4()}")
        answer = self.cloudfront.write(
            "create_distribution_with_tags",
            f"create CloudFront distribution {name}",
            repeatable=False,
            DistributionConfigWithTags={"DistributionConfig": config, "Tags": {"Items": to_pairs(tags)}},
        )
        return self._observed(scope, answer, dict(tags))

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        if set(fields) - {"tags"}:
            self._write(scope, name, before, {**before.state, **wanted})
        if "tags" in fields:
            self._set_tags(name, before, wanted["tags"])

    def _write(self, scope: Scope, name: str, before: Observed, state: State) -> None:
        doing = f"change CloudFront distribution {name}"
        current = self.cloudfront.read("get_distribution_config", doing, Id=before.id)
        reference = current["DistributionConfig"]["CallerReference"]
        config = config_from_state(self._with_ids(scope, state), reference)
        self.cloudfront.write(
            "update_distribution", doing, Id=before.id, IfMatch=current["ETag"], DistributionConfig=config
        )

    def _set_tags(self, name: str, before: Observed, tags: dict[str, str]) -> None:
        setting, removing = tag_changes(before.state["tags"], tags)
        doing, arn = f"tag CloudFront distribution {name}", before.facts["arn"]
        if setting:
            self.cloudfront.write("tag_resource", doing, Resource=arn, Tags={"Items": to_pairs(setting)})
        if removing:
            self.cloudfront.write("untag_resource", doing, Resource=arn, TagKeys={"Items": removing})

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        """Disable, wait until that has arrived everywhere, delete."""
        doing, started = f"delete CloudFront distribution {name}", time.monotonic()
        while current := self._get(before.id):
            config, status = current["Distribution"]["DistributionConfig"], current["Distribution"]["Status"]
            where = {"Id": before.id, "IfMatch": current["ETag"]}
            if config["Enabled"]:
                off = {**config, "Enabled": False}
                self.cloudfront.write("update_distribution", doing, missing=GONE, DistributionConfig=off, **where)
            elif CLOUDFRONT_DISTRIBUTION.verdict(status) == "ready":
                self.cloudfront.write("delete_distribution", doing, missing=GONE, **where)
                return
            else:
                self._pause(name, started)

    def _pause(self, name: str, started: float) -> None:
        waited = time.monotonic() - started
        if waited >= self.delete_timeout:
            raise AwsError(
                f"CloudFront distribution {name} is disabled, and not yet so everywhere after {waited:.0f} s; run again"
                " to go on waiting and delete it",
                "WaitTimeout",
            )
        self.sleep(pause_after(waited))
