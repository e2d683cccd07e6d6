# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""For tests of alarms: something to watch, and metrics that arrive minute by minute."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tests.support.simulator import REGION

if TYPE_CHECKING:
    from tests.support.simulator import Simulator


def make_load_balancer(simulator: Simulator, name: str, target_groups: Sequence[str]) -> dict[str, str]:
    """A load balancer with target groups; the dimension values that AWS made up, by name."""
    ec2, elb = simulator.client("ec2"), simulator.client("elbv2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"][
            "SubnetId"
        ]
        for number, zone in enumerate("ab")
    ]
    balancer = elb.create_load_balancer(Name=name, Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    found = {name: balancer.split(":loadbalancer/")[1]}
    for group in target_groups:
        made = elb.create_target_group(Name=group, Protocol="HTTP", Port=3001, VpcId=vpc, TargetType="ip")
        found[group] = made["TargetGroups"][0]["TargetGroupArn"].rsplit(":", 1)[1]
    return found


class Minutes:
    """Puts metrics of the minutes (or longer periods) that have just passed."""

    def __init__(self, simulator: Simulator, ids: Mapping[str, str] | None = None) -> None:
        self.cloudwatch = simulator.client("cloudwatch")
        self.ids = ids or {}

    def put(
        self,
        metric: Mapping[str, Any],
        values: Sequence[float | None],
        *,
        count: int = 1,
    ) -> None:
        """The values of a metric (as the module's option `metric` names it), oldest first; None for none.

        `count` is how often each value occurred.
        """
        period = metric.get("period", 60)
        self.wait()
        end = time.time() // 60 * 60
        dimensions = [
            {"Name": key, "Value": self.ids.get(value, value)} for key, value in metric.get("dimensions", {}).items()
        ]
        data = [
            {
                "MetricName": metric["name"],
                "Dimensions": dimensions,
                "Timestamp": end - (len(values) - position) * period + 1,
                "Values": [float(value)],
                "Counts": [count],
            }
            for position, value in enumerate(values)
            if value is not None
        ]
        if data:
            self.cloudwatch.put_metric_data(Namespace=metric["namespace"], MetricData=data)

    @staticmethod
    def wait() -> None:
        """Let the last moments of a minute pass: what is put in them is a minute older when it is looked at."""
        left = 60 - time.time() % 60
        time.sleep(left + 0.01 if left < 2 else 0)

    @staticmethod
    def now() -> float:
        """Seconds since 1970."""
        return time.time()

    def state(self, alarm: str) -> str:
        """The state of an alarm of either sort."""
        kinds = ["MetricAlarm", "CompositeAlarm"]
        answer = self.cloudwatch.describe_alarms(AlarmNames=[alarm], AlarmTypes=kinds)
        (found,) = answer["MetricAlarms"] + answer["CompositeAlarms"]
        return str(found["StateValue"])
