# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What ECS fetches before it starts a task: images, secrets, log groups; and the words in which it fails."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from simulator.errors import AwsError
from simulator.overlay import inside

if TYPE_CHECKING:
    from simulator.overlay import Context
    from simulator.overlays.ecs_model import Facts, Task

_ECR = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com/([^:@]+)(?::([^@]+))?(?:@(sha256:[0-9a-f]{64}))?")
_SECRET = re.compile(r"(arn:aws:secretsmanager:([^:]+):(\d{12}):secret:[^:]+)(?::([^:]*):([^:]*):([^:]*))?")
_PARAMETER = re.compile(r"arn:aws:ssm:([^:]+):(\d{12}):parameter(/.+|/?[^/]+)")
RETRIED = "has been retried 1 time(s)"


class LaunchError(Exception):
    """A task cannot be started; the text is its stopped reason."""


def resolve(context: Context, task: Task) -> Facts:
    """What the containers run: `{containers: {name: {image, digest, manifest}}}`.

    :raises LaunchError: when something that the task needs is not there.
    """
    check_roles(context, task)
    images: Facts = {}
    for container in task.definition.containers:
        images[container["name"]] = image_of(context, container["image"], _known_digest(task, container["name"]))
        environment(context, container)
        check_log_group(context, container)
    return {"containers": images}


def check_roles(context: Context, task: Task) -> None:
    """Both roles must still exist.

    :raises LaunchError: ECS was unable to assume the role.
    """
    known = {role.arn for role in context.backend("iam", "aws").roles.values()}
    for member in ("executionRoleArn", "taskRoleArn"):
        role = task.definition.facts.get(member)
        if role and role.startswith("arn:") and role not in known:
            message = f"ECS was unable to assume the role '{role}' that was provided for this task. "
            raise LaunchError(f"{message}Please verify that the role being passed has the proper trust relationship.")


def _known_digest(task: Task, container: str) -> str | None:
    """The digest that the service's revision stands for, so that all its tasks run one image."""
    for image in task.revision.facts["containerImages"] if task.revision else []:
        if image["containerName"] == container:
            found: str | None = image.get("imageDigest")
            return found
    return None


def image_of(context: Context, image: str, digest: str | None = None) -> Facts:
    """An image in the simulated ECR, with its manifest; images elsewhere are only named.

    :raises LaunchError: CannotPullContainerError.
    """
    match = _ECR.fullmatch(image)
    if match is None:
        return {"image": image, "digest": None, "manifest": None}
    account, region, repository, tag, own_digest = match.groups()
    wanted = digest or own_digest
    identifier = {"imageDigest": wanted} if wanted else {"imageTag": tag or "latest"}
    reference = f"pull image manifest {RETRIED}: failed to resolve ref {image}"
    try:
        found = inside(context.world, account, region).invoke(
            "ecr", "BatchGetImage", repositoryName=repository, imageIds=[identifier]
        )["images"]
    except AwsError as error:
        reason = "pull access denied, repository does not exist or may require authorization"
        raise LaunchError(f"CannotPullContainerError: {reference}: {reason}: {error.message}") from error
    if not found:
        raise LaunchError(f"CannotPullContainerError: {reference}: {image}: not found")
    return {"image": image, "digest": found[0]["imageId"]["imageDigest"], "manifest": found[0]["imageManifest"]}


def environment(context: Context, container: Facts) -> dict[str, str]:
    """The container's variables, secrets included.

    :raises LaunchError: ResourceInitializationError.
    """
    values = {one["name"]: one.get("value", "") for one in container["environment"]}
    for secret in container.get("secrets", []):
        values[secret["name"]] = secret_value(context, secret["valueFrom"])
    return values


def secret_value(context: Context, reference: str) -> str:
    """What a `valueFrom` stands for: a secret, one of its JSON keys, or a parameter.

    :raises LaunchError: ResourceInitializationError.
    """
    match = _SECRET.fullmatch(reference)
    if match is None:
        return _parameter(context, reference)
    name, region, account, key, stage, version = match.groups()
    prefix = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed"
    there = inside(context.world, account, region)
    wanted = {"VersionStage": stage} if stage else {}
    wanted |= {"VersionId": version} if version else {}
    try:
        _require_key(there, name)
        text = there.invoke("secretsmanager", "GetSecretValue", SecretId=name, **wanted).get("SecretString", "")
    except AwsError as error:
        message = f"{prefix}: unable to retrieve secret from asm: service call {RETRIED}: failed to fetch secret {name}"
        raise LaunchError(f"{message} from secrets manager: {error.code}: {error.message}") from error
    if not key:
        return str(text)
    try:
        values = json.loads(text)
    except ValueError:
        values = None
    if not isinstance(values, dict):
        message = "unable to retrieve secret from asm: failed to parse the secret as JSON"
        raise LaunchError(f"{prefix}: {message}: {name}")
    if key not in values:
        message = f"retrieved secret from Secrets Manager did not contain json key {key}"
        raise LaunchError(f"{prefix}: unable to retrieve secret from asm: {message}")
    value = values[key]
    return value if isinstance(value, str) else json.dumps(value)


def _require_key(context: Context, secret: str) -> None:
    """The KMS key of a secret must be enabled; AWS says so when the secret is read.

    :raises AwsError: as Secrets Manager does.
    """
    key = context.invoke("secretsmanager", "DescribeSecret", SecretId=secret).get("KmsKeyId")
    if not key or key.endswith("alias/aws/secretsmanager"):
        return
    metadata = context.invoke("kms", "DescribeKey", KeyId=key)["KeyMetadata"]
    if not metadata["Enabled"]:
        message = f"Access to KMS is not allowed: the key {metadata['Arn']} is {metadata['KeyState']}"
        raise AwsError("AccessDeniedException", message)


def _parameter(context: Context, reference: str) -> str:
    match = _PARAMETER.fullmatch(reference)
    there = inside(context.world, match.group(2), match.group(1)) if match else context
    name = match.group(3) if match else reference
    names = [name] if name.startswith("/") and name.count("/") > 1 else [name, name.lstrip("/")]
    for candidate in names:
        found = there.invoke("ssm", "GetParameters", Names=[candidate], WithDecryption=True)["Parameters"]
        if found:
            return str(found[0]["Value"])
    message = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval "
    raise LaunchError(f"{message}failed: unable to retrieve secrets from ssm: invalid parameters: {reference}")


def check_log_group(context: Context, container: Facts) -> None:
    """awslogs makes streams, and groups only when it is told to.

    :raises LaunchError: ResourceInitializationError.
    """
    configuration = container.get("logConfiguration") or {}
    options = configuration.get("options", {})
    if configuration.get("logDriver") != "awslogs" or not options.get("awslogs-group"):
        return
    group, region = options["awslogs-group"], options.get("awslogs-region") or context.region
    there = inside(context.world, context.account, region)
    found = there.invoke("logs", "DescribeLogGroups", logGroupNamePrefix=group)["logGroups"]
    if any(one["logGroupName"] == group for one in found):
        return
    if options.get("awslogs-create-group", "false") == "true":
        there.invoke("logs", "CreateLogGroup", logGroupName=group)
        return
    message = "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: "
    message += "failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not "
    raise LaunchError(f"{message}exist: {group}. : exit status 1")
