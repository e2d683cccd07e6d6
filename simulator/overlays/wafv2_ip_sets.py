# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""IP sets are moto's, but not two of one name, and none is deleted that a web ACL asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.errors import AwsError
from simulator.overlay import Context, guards
from simulator.overlays.wafv2 import REFUSED
from simulator.overlays.wafv2_model import WebAcls
from simulator.tagged import Tagged, tagged_resources

if TYPE_CHECKING:
    from collections.abc import Iterator

# moto keeps what belongs to CloudFront in a region of its own; AWS keeps it here.
CLOUDFRONT_REGION, MOTO_REGION = "us-east-1", "global"


def _backends(context: Context) -> list[Any]:
    world, account = context.world, context.account
    there = [world.backend("wafv2", account, context.region)]
    return [*there, world.backend("wafv2", account, MOTO_REGION)] if context.region == CLOUDFRONT_REGION else there


@guards("wafv2", "CreateIPSet")
def one_of_a_name(context: Context) -> None:
    wanted = (context.parameters["Name"], context.parameters["Scope"])
    if any((one.name, one.scope) == wanted for backend in _backends(context) for one in backend.ip_sets.values()):
        reason = "some resource in your request is a duplicate of an existing one."
        raise AwsError("WAFDuplicateItemException", f"{REFUSED} {reason}")


@guards("wafv2", "DeleteIPSet")
def not_while_in_use(context: Context) -> None:
    ending = f"/ipset/{context.parameters['Name']}/{context.parameters['Id']}"
    for acl in context.store(WebAcls).by_arn.values():
        if ending in repr(acl.facts["Rules"]):
            reason = "your resource is being used by another resource or it's associated with another resource."
            raise AwsError("WAFAssociatedItemException", f"{REFUSED} {reason}")


@tagged_resources
def tagged(context: Context) -> Iterator[Tagged]:
    for backend in _backends(context):
        for arn in backend.ip_sets:
            yield Tagged(arn, "wafv2:ipset", dict(backend.tagging_service.get_tag_dict_for_resource(arn)))
