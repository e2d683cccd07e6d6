# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""CloudFront: what a distribution refers to. Origin access controls, response headers policies, cache policies."""

from __future__ import annotations

import threading
import typing as t
from collections.abc import Iterable, Mapping

from ..core.cdn_headers import headers_state
from ..core.plan import Observed, PlanRefused, State
from .api import Api
from .cloudfront import listed
from .reconcile import Kind, Scope

MANAGED = "Managed-"


class OriginAccessControls(Kind):
    """The right to read the bucket. State: `signing`, which is the only form there is a reason for."""

    kind = "CloudFront origin access control"

    def __init__(self, cloudfront: Api) -> None:
        self.cloudfront = cloudfront

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        found = listed(
            self.cloudfront, "list_origin_access_controls", "OriginAccessControlList", "list origin access controls"
        )
        wanted = set(names)
        return {each["Name"]: self._observed(each) for each in found if each["Name"] in wanted}

    @staticmethod
    def _observed(config: Mapping[str, t.Any]) -> Observed:
        parts = (config["OriginAccessControlOriginType"], config["SigningProtocol"], config["SigningBehavior"])
        return Observed(str(config["Id"]), {"signing": " ".join(parts)})

    @staticmethod
    def _config(name: str) -> dict[str, str]:
        return {
            "Name": name,
            "Description": f"Lets CloudFront distribution {name} read its bucket",
            "OriginAccessControlOriginType": "s3",
            "SigningProtocol": "sigv4",
            "SigningBehavior": "always",
        }

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        answer = self.cloudfront.write(
            "create_origin_access_control",
            f"create origin access control {name}",
            repeatable=False,
            OriginAccessControlConfig=self._config(name),
        )
        control = answer["OriginAccessControl"]
        return self._observed({"Id": control["Id"], **control["OriginAccessControlConfig"]})

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        doing = f"change origin access control {name}"
        etag = self.cloudfront.read("get_origin_access_control", doing, Id=before.id)["ETag"]
        self.cloudfront.write(
            "update_origin_access_control",
            doing,
            Id=before.id,
            IfMatch=etag,
            OriginAccessControlConfig=self._config(name),
        )

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        gone = {"NoSuchOriginAccessControl"}
        doing = f"delete origin access control {name}"
        current = self.cloudfront.read("get_origin_access_control", doing, gone, Id=before.id)
        if current:
            etag = current["ETag"]
            self.cloudfront.write("delete_origin_access_control", doing, missing=gone, Id=before.id, IfMatch=etag)


SIGNED: State = {"signing": "s3 sigv4 always"}


class ResponseHeadersPolicies(Kind):
    """State: `headers` as browsers see them, `other`. `configs` holds what AWS is given, by name."""

    kind = "CloudFront response headers policy"

    def __init__(self, cloudfront: Api, configs: Mapping[str, dict[str, t.Any]]) -> None:
        self.cloudfront = cloudfront
        self.configs = configs

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        doing = "list response headers policies"
        found = listed(
            self.cloudfront, "list_response_headers_policies", "ResponseHeadersPolicyList", doing, Type="custom"
        )
        policies = [each["ResponseHeadersPolicy"] for each in found]
        named = {each["ResponseHeadersPolicyConfig"]["Name"]: each for each in policies}
        return {name: self._observed(named[name]) for name in names if name in named}

    @staticmethod
    def _observed(policy: Mapping[str, t.Any]) -> Observed:
        return Observed(str(policy["Id"]), headers_state(policy["ResponseHeadersPolicyConfig"]))

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        answer = self.cloudfront.write(
            "create_response_headers_policy",
            f"create response headers policy {name}",
            repeatable=False,
            ResponseHeadersPolicyConfig=self.configs[name],
        )
        return self._observed(answer["ResponseHeadersPolicy"])

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        doing = f"change response headers policy {name}"
        etag = self.cloudfront.read("get_response_headers_policy", doing, Id=before.id)["ETag"]
        self.cloudfront.write(
            "update_response_headers_policy",
            doing,
            Id=before.id,
            IfMatch=etag,
            ResponseHeadersPolicyConfig=self.configs[name],
        )

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        gone = {"NoSuchResponseHeadersPolicy"}
        doing = f"delete response headers policy {name}"
        current = self.cloudfront.read("get_response_headers_policy", doing, gone, Id=before.id)
        if current:
            etag = current["ETag"]
            self.cloudfront.write("delete_response_headers_policy", doing, missing=gone, Id=before.id, IfMatch=etag)


class CachePolicies:
    """Cache policies by name, AWS's managed ones without their `Managed-`. Safe between threads."""

    def __init__(self, cloudfront: Api) -> None:
        self.cloudfront = cloudfront
        self._ids: dict[str, str] | None = None
        self._lock = threading.Lock()

    def ids(self) -> dict[str, str]:
        """Every policy's id by name."""
        with self._lock:
            if self._ids is None:
                found = listed(self.cloudfront, "list_cache_policies", "CachePolicyList", "list cache policies")
                policies = [each["CachePolicy"] for each in found]
                self._ids = {each["CachePolicyConfig"]["Name"].removeprefix(MANAGED): each["Id"] for each in policies}
            return self._ids

    def id(self, name: str) -> str:
        """The id of a policy. Raises PlanRefused where there is none."""
        found = self.ids().get(name)
        if found is None:
            raise PlanRefused(f"there is no cache policy {name}; there are {', '.join(sorted(self.ids()))}")
        return found

    def name(self, identifier: str) -> str:
        """The name of a policy, or the id of one that is gone."""
        return next((name for name, found in self.ids().items() if found == identifier), identifier)
