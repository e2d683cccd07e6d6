# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Calls that use every operation of the overlays for alarms, metrics, dashboards, topics and log filters."""

from __future__ import annotations

import json
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.support.simulator import ACCOUNT, REGION

if TYPE_CHECKING:
    from collections.abc import Callable

    Aws = Callable[..., Any]

METRIC = {"Namespace": "shop", "MetricName": "Orders", "Dimensions": [{"Name": "Shop", "Value": "one"}]}
BOTH = ["MetricAlarm", "CompositeAlarm"]


def alarms(aws: Aws) -> None:
    cloudwatch, topic = aws("cloudwatch"), aws("sns").create_topic(Name="alarms")["TopicArn"]
    now = time.time() // 60 * 60
    limit: dict[str, Any] = {"Threshold": 3, "ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 2}
    cloudwatch.put_metric_alarm(
        AlarmName="orders", **METRIC, Statistic="Sum", Period=60, **limit, AlarmActions=[topic], Tags=[_tag("Project")]
    )
    stat = {"Metric": METRIC, "Period": 60, "Stat": "p95", "Unit": "None"}
    queries = [
        {"Id": "m1", "MetricStat": stat, "ReturnData": False},
        {"Id": "e1", "Expression": "100 * FILL(m1, 0)", "Label": "orders"},
    ]
    cloudwatch.put_metric_alarm(AlarmName="math", Metrics=queries, **limit, TreatMissingData="notBreaching")
    cloudwatch.put_composite_alarm(AlarmName="shop", AlarmRule='ALARM("orders") AND NOT OK(math)', OKActions=[topic])
    for minute in (1, 2):
        datum = {"MetricName": "Orders", "Dimensions": METRIC["Dimensions"], "Timestamp": now - 60 * minute}
        cloudwatch.put_metric_data(Namespace="shop", MetricData=[{**datum, "Value": 5.0}])
    cloudwatch.describe_alarms(AlarmTypes=BOTH)
    cloudwatch.describe_alarms(ChildrenOfAlarmName="shop")
    cloudwatch.describe_alarms_for_metric(**METRIC)
    cloudwatch.describe_alarm_history(AlarmTypes=BOTH)
    cloudwatch.set_alarm_state(AlarmName="orders", StateValue="OK", StateReason="by hand")
    cloudwatch.disable_alarm_actions(AlarmNames=["orders"])
    cloudwatch.enable_alarm_actions(AlarmNames=["orders"])
    arn = cloudwatch.describe_alarms(AlarmNames=["orders"])["MetricAlarms"][0]["AlarmArn"]
    cloudwatch.tag_resource(ResourceARN=arn, Tags=[_tag("Owner")])
    cloudwatch.list_tags_for_resource(ResourceARN=arn)
    cloudwatch.untag_resource(ResourceARN=arn, TagKeys=["Owner"])
    tagging = aws("resourcegroupstaggingapi")
    assert tagging.tag_resources(ResourceARNList=[arn, topic], Tags={"Owner": "us"})["FailedResourcesMap"] == {}
    found = tagging.get_resources(TagFilters=[{"Key": "Owner", "Values": ["us"]}])["ResourceTagMappingList"]
    assert [each["ResourceARN"] for each in found] == [arn, topic]
    cloudwatch.delete_alarms(AlarmNames=["shop"])
    cloudwatch.delete_alarms(AlarmNames=["orders", "math"])


def _tag(key: str) -> dict[str, str]:
    return {"Key": key, "Value": "monay"}


def metrics(aws: Aws) -> None:
    cloudwatch, now = aws("cloudwatch"), time.time()
    statistics = {"SampleCount": 2.0, "Sum": 6.0, "Minimum": 1.0, "Maximum": 5.0}
    cloudwatch.put_metric_data(
        Namespace="shop",
        MetricData=[
            {"MetricName": "Orders", "Values": [1.0, 2.0], "Counts": [1.0, 3.0], "Unit": "Count"},
            {"MetricName": "Sizes", "StatisticValues": statistics},
        ],
    )
    cloudwatch.list_metrics(Namespace="shop")
    window: dict[str, Any] = {"StartTime": now - 600, "EndTime": now + 60}
    cloudwatch.get_metric_statistics(
        Namespace="shop", MetricName="Orders", Period=60, Statistics=["Sum", "Average"], **window
    )
    stat = {"Metric": {"Namespace": "shop", "MetricName": "Orders"}, "Period": 60, "Stat": "Sum"}
    queries = [{"Id": "m1", "MetricStat": stat}, {"Id": "e1", "Expression": "SUM(METRICS()) / 2"}]
    cloudwatch.get_metric_data(MetricDataQueries=queries, **window)


def dashboards(aws: Aws) -> None:
    cloudwatch = aws("cloudwatch")
    widget = {"type": "text", "x": 0, "y": 0, "width": 24, "height": 2, "properties": {"markdown": "# Shop"}}
    cloudwatch.put_dashboard(DashboardName="shop", DashboardBody=json.dumps({"widgets": [widget]}))
    cloudwatch.get_dashboard(DashboardName="shop")
    cloudwatch.list_dashboards(DashboardNamePrefix="s")
    cloudwatch.delete_dashboards(DashboardNames=["shop"])


def topics(aws: Aws) -> None:
    sns, queue = aws("sns"), aws("sqs").create_queue(QueueName="told")["QueueUrl"]
    topic = sns.create_topic(Name="told", Attributes={"DisplayName": "Told"}, Tags=[_tag("Project")])["TopicArn"]
    arn = aws("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True)
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="us@monay.example")
    sns.list_subscriptions()
    sns.list_subscriptions_by_topic(TopicArn=topic)
    confirmed = sns.confirm_subscription(TopicArn=topic, Token="us@monay.example")["SubscriptionArn"]
    sns.publish(TopicArn=topic, Subject="Hello", Message="All is well")
    sns.unsubscribe(SubscriptionArn=confirmed)
    sns.delete_topic(TopicArn=topic)


def log_filters(aws: Aws) -> None:
    logs, firehose = aws("logs"), aws("firehose")
    logs.create_log_group(logGroupName="/shop")
    logs.create_log_stream(logGroupName="/shop", logStreamName="one")
    transformation = {"metricName": "Errors", "metricNamespace": "shop", "metricValue": "1", "defaultValue": 0.0}
    pattern = '{ $.level = "error" }'
    logs.put_metric_filter(
        logGroupName="/shop", filterName="errors", filterPattern=pattern, metricTransformations=[transformation]
    )
    logs.describe_metric_filters(logGroupName="/shop")
    role = f"arn:aws:iam::{ACCOUNT}:role/forward"
    destination = {"RoleARN": role, "BucketARN": "arn:aws:s3:::bucket"}
    aws("s3").create_bucket(Bucket="bucket")
    stream = firehose.create_delivery_stream(
        DeliveryStreamName="datadog", ExtendedS3DestinationConfiguration=destination
    )["DeliveryStreamARN"]
    logs.put_subscription_filter(
        logGroupName="/shop", filterName="datadog", filterPattern="", destinationArn=stream, roleArn=role
    )
    logs.describe_subscription_filters(logGroupName="/shop")
    event = {"timestamp": int(time.time() * 1000), "message": '{"level": "error"}'}
    logs.put_log_events(logGroupName="/shop", logStreamName="one", logEvents=[event])
    logs.delete_metric_filter(logGroupName="/shop", filterName="errors")


def prices(aws: Aws) -> None:
    filters = [{"Type": "TERM_MATCH", "Field": "instanceType", "Value": "cache.r5.large"}]
    aws("pricing").get_products(
        ServiceCode="AmazonElastiCache", Filters=filters, FormatVersion="aws_v1", MaxResults=100
    )


def budgets(aws: Aws) -> None:
    api, where = aws("budgets"), {"AccountId": ACCOUNT, "BudgetName": "dev"}
    limit = {"BudgetLimit": {"Amount": "355", "Unit": "USD"}, "BudgetType": "COST", "TimeUnit": "MONTHLY"}
    budget = {"BudgetName": "dev", **limit, "CostFilters": {"TagKeyValue": ["user:Environment$dev"]}}
    late = {"NotificationType": "FORECASTED", "ComparisonOperator": "GREATER_THAN", "Threshold": 100.0}
    told = [{"SubscriptionType": "EMAIL", "Address": "us@monay.example"}]
    alerts = [{"Notification": late, "Subscribers": told}]
    api.create_budget(
        AccountId=ACCOUNT, Budget=budget, NotificationsWithSubscribers=alerts, ResourceTags=[_tag("Project")]
    )
    api.update_budget(AccountId=ACCOUNT, NewBudget={**budget, "CostFilters": {}})
    api.describe_budget(**where)
    api.describe_budgets(AccountId=ACCOUNT)
    api.create_notification(**where, Notification={**late, "Threshold": 80.0}, Subscribers=told)
    api.describe_notifications_for_budget(**where)
    api.describe_subscribers_for_notification(**where, Notification=late)
    api.delete_notification(**where, Notification=late)
    arn = f"arn:aws:budgets::{ACCOUNT}:budget/dev"
    api.tag_resource(ResourceARN=arn, ResourceTags=[_tag("Owner")])
    api.list_tags_for_resource(ResourceARN=arn)
    api.untag_resource(ResourceARN=arn, ResourceTagKeys=["Owner"])
    api.delete_budget(**where)


def costs(aws: Aws) -> None:
    today = datetime.now(UTC).date()
    period = {"Start": today.replace(day=1).isoformat(), "End": (today + timedelta(days=1)).isoformat()}
    anomaly = {
        "AnomalyId": "a",
        "AnomalyStartDate": period["Start"],
        "AnomalyEndDate": period["Start"],
        "RootCauses": [{"Service": "AmazonCloudWatch", "Region": REGION}],
        "AnomalyScore": {"MaxScore": 0.5, "CurrentScore": 0.5},
        "Impact": {"MaxImpact": 3.5, "TotalImpact": 3.5},
        "MonitorArn": f"arn:aws:ce::{ACCOUNT}:anomalymonitor/m",
    }
    records = [{"date": period["Start"], "usd": 1.5, "service": "AWS WAF", "tags": {"Environment": "dev"}}]
    api = aws("ce")
    told = {"account": ACCOUNT, "records": records, "forecast": 7, "anomalies": [anomaly]}
    _tell(api, "costs", told)
    by = [{"Type": "DIMENSION", "Key": "SERVICE"}, {"Type": "TAG", "Key": "Environment"}]
    for grouped in ({"GroupBy": by}, {}):
        api.get_cost_and_usage(TimePeriod=period, Granularity="MONTHLY", Metrics=["UnblendedCost"], **grouped)
    later = {"Start": today.isoformat(), "End": (today + timedelta(days=20)).isoformat()}
    api.get_cost_forecast(TimePeriod=later, Metric="UNBLENDED_COST", Granularity="MONTHLY")
    api.get_anomalies(DateInterval={"StartDate": period["Start"], "EndDate": today.isoformat()})


def recommendations(aws: Aws) -> None:
    api = aws("compute-optimizer")
    api.update_enrollment_status(status="Active")
    savings = {"savingsOpportunityPercentage": 50.0, "estimatedMonthlySavings": {"currency": "USD", "value": 12.5}}
    ecs = {
        "serviceArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/shop/api",
        "accountId": ACCOUNT,
        "finding": "Overprovisioned",
        "currentServiceConfiguration": {"cpu": 1024, "memory": 2048},
        "serviceRecommendationOptions": [{"cpu": 512, "memory": 1024, "savingsOpportunity": savings}],
    }
    rds = {
        "resourceArn": f"arn:aws:rds:{REGION}:{ACCOUNT}:db:shop",
        "instanceFinding": "Optimized",
        "currentDBInstanceClass": "db.t4g.small",
        "instanceRecommendationOptions": [{"dbInstanceClass": "db.t4g.micro", "rank": 1}],
    }
    _tell(api, "recommendations", {"account": ACCOUNT, "ecs": [ecs], "rds": [rds]})
    api.get_enrollment_status()
    api.get_ecs_service_recommendations()
    api.get_rds_database_recommendations()


def _tell(api: Any, what: str, content: dict[str, Any]) -> None:
    """Tell the simulator what it cannot know."""
    address = f"{api.meta.endpoint_url}/_simulator/{what}"
    request = urllib.request.Request(address, json.dumps(content).encode(), method="PUT")  # noqa: S310
    urllib.request.urlopen(request, timeout=60).close()  # noqa: S310


MONITORING: list[Callable[[Aws], None]] = [
    alarms, metrics, dashboards, topics, log_filters, prices, budgets, costs, recommendations,
]  # fmt: skip
