# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The images of the sample applications: manifests whose annotations say what a task runs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

VERSION = "org.opencontainers.image.version"
TITLE = "org.opencontainers.image.title"
PROGRAM = "dev.monay.simulator.program"
FAULT = "dev.monay.simulator.fault"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
EMPTY = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
PROGRAMS = ("backend", "nextjs")
# What is wrong with an image, by tag; the plain third version does not start.
FAULTS = ("start", "health", "errors", "slow", "crash")
BROKEN = "1.2.0"
TAGS: dict[str, str] = {"1.0.0": "", "1.1.0": "", BROKEN: "start"} | {f"{BROKEN}-{fault}": fault for fault in FAULTS}


@dataclass(frozen=True)
class Sample:
    """What an image runs."""

    program: str
    version: str
    fault: str


def manifest(program: str, tag: str) -> str:
    """The manifest of a sample image, the same text for the same image."""
    annotations = {VERSION: tag.partition("-")[0], TITLE: f"Sample {program}", PROGRAM: program, FAULT: TAGS[tag]}
    content = {
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": {"mediaType": CONFIG_TYPE, "digest": EMPTY, "size": 2},
        "layers": [],
        "annotations": {name: value for name, value in annotations.items() if value},
    }
    return json.dumps(content, indent=1, sort_keys=True)


def sample_of(text: str | None) -> Sample | None:
    """What the image with this manifest runs; None for an image that names no sample program."""
    if not text:
        return None
    try:
        content: Any = json.loads(text)
    except ValueError:
        return None
    annotations = content.get("annotations") if isinstance(content, dict) else None
    if not isinstance(annotations, dict) or annotations.get(PROGRAM) not in PROGRAMS:
        return None
    return Sample(annotations[PROGRAM], annotations.get(VERSION, "0"), annotations.get(FAULT, ""))


def program_for(repository: str) -> str:
    """The program that stands for the application of a repository, by its name."""
    return "backend" if "backend" in repository.rpartition("/")[2] else "nextjs"
