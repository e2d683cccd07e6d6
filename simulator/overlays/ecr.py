# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ECR: replication to more than one rule, which moto refuses."""

from __future__ import annotations

import hashlib
from typing import Any

from simulator.errors import AwsError
from simulator.overlay import Context, answers

MOST_RULES, MOST_DESTINATIONS, MOST_FILTERS = 10, 25, 100


@answers("ecr", "PutReplicationConfiguration")
def put_replication(context: Context) -> dict[str, Any]:
    """Kept as it was given, within AWS's limits."""
    configuration = context.parameters["replicationConfiguration"]
    rules = configuration.get("rules", [])
    _require(len(rules) <= MOST_RULES, f"at most {MOST_RULES} rules")
    for rule in rules:
        _require(1 <= len(rule["destinations"]) <= MOST_DESTINATIONS, f"1 to {MOST_DESTINATIONS} destinations a rule")
        _require(len(rule.get("repositoryFilters", [])) <= MOST_FILTERS, f"at most {MOST_FILTERS} filters a rule")
        for destination in rule["destinations"]:
            own = (destination["region"], destination["registryId"]) == (context.region, context.account)
            _require(not own, "Replication destination cannot be the same as the source registry")
    context.backend().replication_config = {"rules": rules}
    return {"replicationConfiguration": {"rules": rules}}


@answers("ecr", "PutImage")
def put_image(context: Context) -> dict[str, Any]:
    """An image is known by the digest of its manifest; moto gives many images the same one."""
    digest = hashlib.sha256(context.parameters["imageManifest"].encode()).hexdigest()
    repository = context.backend().repositories.get(context.parameters["repositoryName"])
    known = [image.image_manifest for image in repository.images] if repository else []
    try:
        return context.moto({"imageDigest": f"sha256:{digest}", **context.parameters})
    except AwsError as error:
        if error.code == "ImageAlreadyExistsException" and context.parameters["imageManifest"] not in known:
            # another image has the tag: moto has one code for both
            tag = context.parameters.get("imageTag")
            message = f"The image tag '{tag}' already exists in the '{repository.name}' repository and cannot be "
            raise AwsError(
                "ImageTagAlreadyExistsException", f"{message}overwritten because it is immutable."
            ) from error
        raise


def _require(condition: bool, text: str) -> None:
    if not condition:
        message = f"Invalid parameter at 'replicationConfiguration' failed to satisfy constraint: '{text}'"
        raise AwsError("InvalidParameterException", message)
