# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`python -m simulator push-samples`: puts the sample images into the repositories of an environment."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config

from simulator.samples import catalogue


def push(variables: dict[str, str], prefix: str, tags: list[str]) -> list[tuple[str, str, str]]:
    """Put images into all repositories whose name begins with `prefix`; repository, tag and digest of each.

    An image that is there already stays: pushing twice changes nothing.
    """
    ecr = _client(variables)
    pushed = []
    for repository in _repositories(ecr, prefix):
        for tag in tags:
            text = catalogue.manifest(catalogue.program_for(repository), tag)
            pushed.append((repository, tag, _put(ecr, repository, tag, text)))
    return pushed


def _client(variables: dict[str, str]) -> Any:
    make: Any = boto3.session.Session().client
    return make(
        "ecr",
        endpoint_url=variables["AWS_ENDPOINT_URL"],
        region_name=variables["AWS_REGION"],
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
        config=Config(proxies={}),
    )


def _repositories(ecr: Any, prefix: str) -> list[str]:
    pages = ecr.get_paginator("describe_repositories").paginate()
    names = [one["repositoryName"] for page in pages for one in page["repositories"]]
    return sorted(name for name in names if name.startswith(prefix))


def _put(ecr: Any, repository: str, tag: str, text: str) -> str:
    try:
        put = ecr.put_image(
            repositoryName=repository, imageManifest=text, imageTag=tag, imageManifestMediaType=catalogue.MANIFEST_TYPE
        )
        return str(put["image"]["imageId"]["imageDigest"])
    except ecr.exceptions.ClientError as error:
        if error.response["Error"]["Code"] not in ("ImageAlreadyExistsException", "ImageTagAlreadyExistsException"):
            raise
    found = ecr.describe_images(repositoryName=repository, imageIds=[{"imageTag": tag}])
    return str(found["imageDetails"][0]["imageDigest"])
