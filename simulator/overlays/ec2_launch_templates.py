# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Launch templates: tags that were changed after the creation, which moto does not show."""

from __future__ import annotations

from typing import Any

from simulator.overlay import Context, answers


@answers("ec2", "DescribeLaunchTemplates")
def describe_launch_templates(context: Context) -> dict[str, Any]:
    answer, tags = context.moto(), context.backend().tags
    for template in answer["LaunchTemplates"]:
        own = tags.get(template["LaunchTemplateId"], {})
        template["Tags"] = [{"Key": key, "Value": value} for key, value in own.items()]
    return answer
