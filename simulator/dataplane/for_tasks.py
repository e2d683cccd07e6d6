# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What processes of tasks ask the simulator for: addresses of host names, and the credentials of their role."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.dataplane.front_doors import FrontDoors
from simulator.overlays.ecs_model import Ecs
from simulator.overlays.ecs_tasks import context_of

if TYPE_CHECKING:
    from simulator.dataplane import DataPlane


def resolve(plane: DataPlane, name: str) -> dict[str, Any]:
    """Where a name leads on loopback, and which ports stand for others there; no address for what is not simulated."""
    place = plane.component(FrontDoors).resolve(name)
    return {"address": place.address, "ports": place.ports} if place else {"address": None, "ports": {}}


def credentials(plane: DataPlane, task_id: str) -> dict[str, Any] | None:
    """As the container credentials provider answers; None for a task that does not run or has no role."""
    with plane.world.lock:
        tasks = [task for _account, _region, ecs in plane.world.stores(Ecs) for task in ecs.tasks.values()]
        task = next((one for one in tasks if one.task_id == task_id and one.last_status != "STOPPED"), None)
        role = task.definition.facts.get("taskRoleArn") if task else None
        if task is None or not role:
            return None
        assumed = context_of(plane.world, task.arn).invoke("sts", "AssumeRole", RoleArn=role, RoleSessionName=task_id)[
            "Credentials"
        ]
    return {
        "RoleArn": role,
        "AccessKeyId": assumed["AccessKeyId"],
        "SecretAccessKey": assumed["SecretAccessKey"],
        "Token": assumed["SessionToken"],
        "Expiration": assumed["Expiration"].strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
