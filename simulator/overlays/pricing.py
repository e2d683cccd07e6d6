# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Price List Query API, which moto lacks: a made-up price list in the shape that AWS documents."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from simulator.errors import AwsError, not_implemented
from simulator.overlay import Context, answers
from simulator.overlays.pricing_products import PRODUCTS

if TYPE_CHECKING:
    from collections.abc import Mapping

REGIONS = ("us-east-1", "eu-central-1", "ap-south-1")
# AWS may answer with fewer products than it was asked for; here it always does, so that every caller has to turn pages.
PAGE = 2
MOST = 100


@answers("pricing", "GetProducts")
def get_products(context: Context) -> dict[str, Any]:
    if context.region not in REGIONS:
        raise not_implemented("pricing", "GetProducts", f"AWS has it in {', '.join(REGIONS)}, not in {context.region}")
    parameters = context.parameters
    service, filters = parameters["ServiceCode"], parameters.get("Filters", [])
    if service not in PRODUCTS:
        raise not_implemented("pricing", "GetProducts", f"no prices of {service} are kept here")
    for each in filters:
        if each["Type"] not in ("TERM_MATCH", "EQUALS"):
            raise not_implemented("pricing", "GetProducts", f"filters of the type {each['Type']}")
    wanted = {each["Field"]: each["Value"] for each in filters}
    found = [product for product in PRODUCTS[service] if _matches(product["product"], wanted)]
    start, size = _start(parameters.get("NextToken")), min(PAGE, parameters.get("MaxResults", MOST))
    more = {"NextToken": str(start + size)} if start + size < len(found) else {}
    return {"FormatVersion": "aws_v1", "PriceList": [json.dumps(each) for each in found[start : start + size]], **more}


def _matches(product: Mapping[str, Any], wanted: Mapping[str, str]) -> bool:
    values = {**product["attributes"], "productFamily": product.get("productFamily"), "sku": product["sku"]}
    return all(values.get(name) == value for name, value in wanted.items())


def _start(token: str | None) -> int:
    if token is not None and not token.isdigit():
        raise AwsError("InvalidNextTokenException", "Invalid NextToken", 400)
    return int(token or 0)
