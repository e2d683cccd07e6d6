# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""CloudFront's access logs, which CloudWatch Logs delivers to a bucket.

CloudFront's own logging (`Logging` of a distribution) writes with access control lists, which the buckets of this
collection refuse. Delivery works with the bucket's policy: source, destination, and what joins them.
Source: CloudFront developer guide, "Configure standard logging (v2)"; its API is in us-east-1.
"""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Mapping
from functools import partial

from ..core.plan import Observed, State
from .api import Api
from .cloudfront_distribution import Distributions
from .reconcile import Kind, Scope, side_by_side

GONE = {"ResourceNotFoundException"}
LOG_TYPE = "ACCESS_LOGS"
FORMAT = "json"
BUCKET_ARN = "arn:aws:s3:::"


def _tagged(tags: Mapping[str, str]) -> dict[str, t.Any]:
    """The argument for the tags; an empty one is refused."""
    return {"tags": dict(tags)} if tags else {}


class LogSources(Kind):
    """State: `distribution`, by name."""

    kind = "CloudFront log source"
    after = (Distributions.kind,)

    def __init__(self, logs: Api, tags: Mapping[str, str] | None) -> None:
        self.logs = logs
        self.tags = dict(tags or {})

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        answers = side_by_side({name: partial(self._get, name) for name in names})
        return {name: self._observed(scope, answer) for name, answer in answers.items() if answer}

    def _get(self, name: str) -> dict[str, t.Any] | None:
        answer = self.logs.read("get_delivery_source", f"look at log delivery source {name}", GONE, name=name)
        return answer and t.cast("dict[str, t.Any]", answer["deliverySource"])

    @staticmethod
    def _observed(scope: Scope, source: Mapping[str, t.Any]) -> Observed:
        arn = next(iter(source.get("resourceArns") or ()), "")
        return Observed(source["name"], {"distribution": scope.name(Distributions.kind, arn.rpartition("/")[2])})

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        distribution = scope.find(Distributions.kind, wanted["distribution"])
        arn = distribution.facts["arn"] if distribution else scope.id(Distributions.kind, wanted["distribution"])
        answer = self.logs.write(
            "put_delivery_source",
            f"log the requests to CloudFront distribution {name}",
            repeatable=False,  # sent again, its tags would be refused: the source exists by then
            name=name,
            resourceArn=arn,
            logType=LOG_TYPE,
            **_tagged(self.tags),
        )
        return self._observed(scope, answer["deliverySource"])

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        # A source keeps the distribution that it was made for; the one of that name is another one now.
        self.delete(scope, name, before)
        self.create(scope, name, {**before.state, **wanted})

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        self.logs.write("delete_delivery_source", f"delete log delivery source {name}", missing=GONE, name=name)


class LogDestinations(Kind):
    """State: `bucket`, `prefix`. The format of a destination cannot be changed, so that there is one."""

    kind = "CloudFront log destination"

    def __init__(self, logs: Api, tags: Mapping[str, str] | None) -> None:
        self.logs = logs
        self.tags = dict(tags or {})

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        answers = side_by_side({name: partial(self._get, name) for name in names})
        return {name: self._observed(answer) for name, answer in answers.items() if answer}

    def _get(self, name: str) -> dict[str, t.Any] | None:
        doing = f"look at log delivery destination {name}"
        answer = self.logs.read("get_delivery_destination", doing, GONE, name=name)
        return answer and t.cast("dict[str, t.Any]", answer["deliveryDestination"])

    @staticmethod
    def _observed(found: Mapping[str, t.Any]) -> Observed:
        arn = found["deliveryDestinationConfiguration"]["destinationResourceArn"]
        bucket, _slash, prefix = arn.removeprefix(BUCKET_ARN).partition("/")
        return Observed(found["arn"], {"bucket": bucket, "prefix": prefix})

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        return self._put(name, wanted, repeatable=False, **_tagged(self.tags))

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        self._put(name, {**before.state, **wanted}, repeatable=True)

    def _put(self, name: str, wanted: State, *, repeatable: bool, **tags: t.Any) -> Observed:
        """With tags only the first time, and only once: AWS refuses them for a destination that exists."""
        prefix = f"/{wanted['prefix']}" if wanted["prefix"] else ""
        answer = self.logs.write(
            "put_delivery_destination",
            f"send the access logs of {name} to S3 bucket {wanted['bucket']}",
            repeatable=repeatable,
            name=name,
            outputFormat=FORMAT,
            deliveryDestinationConfiguration={"destinationResourceArn": f"{BUCKET_ARN}{wanted['bucket']}{prefix}"},
            **tags,
        )
        return self._observed(answer["deliveryDestination"])

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        doing = f"delete log delivery destination {name}"
        self.logs.write("delete_delivery_destination", doing, missing=GONE, name=name)


class LogDeliveries(Kind):
    """What joins source and destination of the same name. State: nothing besides that it is there."""

    kind = "CloudFront log delivery"
    after = (LogSources.kind, LogDestinations.kind)

    def __init__(self, logs: Api, tags: Mapping[str, str] | None) -> None:
        self.logs = logs
        self.tags = dict(tags or {})

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        wanted = set(names)
        found = self.logs.pages("describe_deliveries", "deliveries", "list log deliveries")
        return {
            each["deliverySourceName"]: Observed(each["id"], {})
            for each in found
            if each["deliverySourceName"] in wanted
        }

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        answer = self.logs.write(
            "create_delivery",
            f"deliver the access logs of {name}",
            repeatable=False,
            deliverySourceName=name,
            deliveryDestinationArn=scope.id(LogDestinations.kind, name),
            **_tagged(self.tags),
        )
        return Observed(answer["delivery"]["id"], {})

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        raise AssertionError("unreachable: a delivery has no state")

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        self.logs.write("delete_delivery", f"stop delivering the access logs of {name}", missing=GONE, id=before.id)
