# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets Manager: names that wait for their deletion, keys and ARNs of replicas."""

from __future__ import annotations

import time
from typing import Any

from moto.secretsmanager.models import ReplicaSecret

from simulator.errors import AwsError
from simulator.overlay import Context, answers, guards

WRITES = ("UpdateSecret", "PutSecretValue", "PutResourcePolicy", "RotateSecret", "TagResource", "UntagResource")


@guards("secretsmanager", "CreateSecret")
def create_secret(context: Context) -> None:
    """The name of a secret that waits for its deletion is taken."""
    known = context.backend().secrets
    name = context.parameters["Name"]
    if name in known and known[name].is_deleted():
        message = "You can't create this secret because a secret with this name is already scheduled for deletion."
        raise AwsError("InvalidRequestException", message)


@guards("secretsmanager", *WRITES)
def refuse_on_replica(context: Context) -> None:
    known, name = context.backend().secrets, context.parameters["SecretId"]
    if name in known and isinstance(known[name], ReplicaSecret):
        message = "Operation not permitted on a replica secret. Call must be made in primary secret's region."
        raise AwsError("InvalidRequestException", message)


@answers("secretsmanager", "CreateSecret", "ReplicateSecretToRegions", "RemoveRegionsFromReplication")
def replicas(context: Context) -> dict[str, Any]:
    """Replicas have the key that was asked for, and AWS answers with the ARN."""
    answer, backend = context.moto(), context.backend()
    name = context.parameters.get("SecretId") or context.parameters["Name"]
    secret = backend.secrets[name]
    _date_versions(secret)
    wanted = {one["Region"]: one.get("KmsKeyId") for one in context.parameters.get("AddReplicaRegions", [])}
    for replica in secret.replicas:
        if wanted.get(replica.region):
            replica.config["KmsKeyId"] = wanted[replica.region]
    if "ReplicationStatus" in answer or context.call.operation != "CreateSecret":
        answer["ReplicationStatus"] = [replica.config for replica in secret.replicas]
    answer["ARN"] = secret.arn
    return answer


def _date_versions(secret: Any) -> None:
    """Give new versions the moment they were made; moto's is cut to whole seconds."""
    for version in secret.versions.values():
        if isinstance(version["createdate"], int):
            version["createdate"] = time.time()


@answers("secretsmanager", "PutSecretValue", "UpdateSecret")
def new_version(context: Context) -> dict[str, Any]:
    answer = context.moto()
    _date_versions(context.backend().secrets[context.parameters["SecretId"]])
    return answer


@answers("secretsmanager", "ListSecretVersionIds")
def list_versions(context: Context) -> dict[str, Any]:
    """With the moment each version was made; moto answers with the present one."""
    known, name = context.backend().secrets, context.parameters["SecretId"]
    if name not in known:
        message = "Secrets Manager can't find the specified secret."
        raise AwsError("ResourceNotFoundException", message)
    secret = known[name]
    versions = [
        {"VersionId": key, "VersionStages": version["version_stages"], "CreatedDate": version["createdate"]}
        for key, version in secret.versions.items()
        if version["version_stages"] or context.parameters.get("IncludeDeprecated")
    ]
    return {"ARN": secret.arn, "Name": secret.name, "Versions": versions}


@answers("secretsmanager", "DescribeSecret")
def describe_secret(context: Context) -> dict[str, Any]:
    """A replica shows its own key, a primary its replicas."""
    answer = context.moto()
    secret = context.backend().secrets[context.parameters["SecretId"]]
    if isinstance(secret, ReplicaSecret):
        answer["KmsKeyId"] = secret.config["KmsKeyId"]
        answer.pop("ReplicationStatus", None)
    return answer
