# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""EC2: flow logs, which record who talks to whom in a VPC."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..core.plan import Observed, PlanRefused, State
from .api import Api, AwsError
from .ec2 import NOT_SEEN_YET, Item, Network, VpcKind, set_tags, specification
from .reconcile import Scope

# What AWS says while IAM has not spread a new role everywhere.
ROLE_NOT_SEEN = NOT_SEEN_YET | {"InvalidParameter", "InvalidParameterValue"}


class FlowLogs(VpcKind):
    """AWS changes nothing of a flow log but its tags: whatever else differs, a new one takes the place of the old.

    State: `destination` (`{log_group}` or `{bucket}`), `role` (name, "" for buckets), `traffic_type`,
    `max_aggregation_interval` (seconds), `tags`.
    """

    kind = "flow log"
    operation = "describe_flow_logs"
    id_key = "FlowLogId"

    def __init__(self, network: Network, iam: Callable[[], Api]) -> None:
        """`iam` is called only to create a flow log: a client costs more than all reads together."""
        super().__init__(network)
        self.iam = iam

    def read(self, scope: Scope, item: Item) -> State:
        if item.get("LogDestinationType", "cloud-watch-logs") == "s3":
            destination = {"bucket": item["LogDestination"].rpartition(":")[2]}
        else:
            destination = {"log_group": item.get("LogGroupName") or item["LogDestination"].split(":log-group:")[-1]}
        return {
            "destination": destination,
            "role": item.get("DeliverLogsPermissionArn", "").rpartition("/")[2],
            "traffic_type": item["TrafficType"],
            "max_aggregation_interval": item.get("MaxAggregationInterval", 600),
        }

    def facts(self, item: Item) -> State:
        return {"status": item.get("FlowLogStatus", ""), "delivery": item.get("DeliverLogsStatus", "")}

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        doing = f"create flow log {name} of VPC {self.network.name}"
        answer = self.ec2.write(
            "create_flow_logs",
            doing,
            retry=ROLE_NOT_SEEN,
            repeatable=False,
            ClientToken=self.token(name),
            ResourceType="VPC",
            ResourceIds=[self.network.required_id()],
            TrafficType=wanted["traffic_type"],
            MaxAggregationInterval=wanted["max_aggregation_interval"],
            TagSpecifications=specification("vpc-flow-log", wanted.get("tags"), name),
            **self._destination(name, wanted),
        )
        for each in answer.get("Unsuccessful", []):
            error = each["Error"]
            message = f"Cannot {doing} (ec2:CreateFlowLogs in {self.ec2.region}): {error['Code']}: {error['Message']}"
            raise AwsError(message, error["Code"])
        return Observed(answer["FlowLogIds"][0], {**wanted, "tags": wanted.get("tags") or {}})

    def _destination(self, name: str, wanted: State) -> State:
        if "bucket" in wanted["destination"]:
            arn = f"arn:{self.ec2.client.meta.partition}:s3:::{wanted['destination']['bucket']}"
            return {"LogDestinationType": "s3", "LogDestination": arn}
        role = wanted["role"]
        found = self.iam().read("get_role", f"find IAM role {role}", {"NoSuchEntity"}, RoleName=role)
        if found is None:
            raise PlanRefused(
                f"flow log {name}: there is no IAM role {role}; create it first (role account), or correct"
                " network_flow_log_role"
            )
        return {
            "LogDestinationType": "cloud-watch-logs",
            "LogGroupName": wanted["destination"]["log_group"],
            "DeliverLogsPermissionArn": found["Role"]["Arn"],
        }

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        if set(fields) == {"tags"}:
            set_tags(self.ec2, f"flow log {name}", before, wanted["tags"])
            return
        # The old one first: AWS refuses a second flow log with the same destination.
        self.delete(scope, name, before)
        self.forget_token(name)
        scope.record(self.kind, {name: self.create(scope, name, {**before.state, **wanted})})

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        doing = f"delete flow log {name}"
        answer = self.ec2.write(
            "delete_flow_logs", doing, missing={"InvalidFlowLogId.NotFound"}, FlowLogIds=[before.id]
        )
        for each in (answer or {}).get("Unsuccessful", []):
            error = each["Error"]
            if error["Code"] != "InvalidFlowLogId.NotFound":
                raise AwsError(
                    f"Cannot {doing} (ec2:DeleteFlowLogs in {self.ec2.region}): {error['Code']}: {error['Message']}",
                    error["Code"],
                )
