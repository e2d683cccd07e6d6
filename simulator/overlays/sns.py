# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""SNS: subscriptions that somebody has to confirm, and nothing that leaves the machine."""

from __future__ import annotations

import uuid
from typing import Any

from simulator.errors import AwsError, not_implemented
from simulator.overlay import Context, answers, guards

# What is asked before it is told anything; moto would send to web addresses right away.
ASKED = ("email", "email-json", "http", "https")
PROTOCOLS = (*ASKED, "sqs", "lambda", "firehose", "sms", "application")
PENDING = "PendingConfirmation"
MOST_BYTES = 262_144


def _topic(context: Context) -> Any:
    topic = context.backend().topics.get(context.parameters.get("TopicArn") or context.parameters.get("TargetArn"))
    if topic is None:
        raise AwsError("NotFound", "Topic does not exist", 404)
    return topic


@answers("sns", "Subscribe")
def subscribe(context: Context) -> dict[str, Any]:
    """The same protocol and endpoint again are the same subscription."""
    topic, parameters = _topic(context), context.parameters
    protocol, endpoint = parameters["Protocol"], parameters.get("Endpoint", "")
    if protocol not in PROTOCOLS:
        raise AwsError("InvalidParameter", f"Invalid parameter: Does not support this protocol string: {protocol}")
    if protocol.startswith("http") and not endpoint.startswith(f"{protocol}://"):
        raise AwsError("InvalidParameter", "Invalid parameter: Endpoint must match the specified protocol")
    if protocol.startswith("email") and "@" not in endpoint:
        raise AwsError("InvalidParameter", "Invalid parameter: Email address")
    backend = context.backend()
    known = backend._find_subscription(topic.arn, endpoint, protocol)
    answer = context.moto()
    subscription = backend._find_subscription(topic.arn, endpoint, protocol)
    if known is None:
        subscription.confirmed = protocol not in ASKED
        subscription.attributes["PendingConfirmation"] = not subscription.confirmed
        subscription.attributes["ConfirmationWasAuthenticated"] = subscription.confirmed
    if not subscription.confirmed and not parameters.get("ReturnSubscriptionArn"):
        return {"SubscriptionArn": "pending confirmation"}
    return answer


@answers("sns", "ConfirmSubscription")
def confirm_subscription(context: Context) -> dict[str, Any]:
    """The token is the endpoint: nothing is sent that could carry another one."""
    topic, token = _topic(context), context.parameters["Token"]
    for subscription in context.backend().subscriptions.values():
        if subscription.topic.arn == topic.arn and subscription.endpoint == token:
            subscription.confirmed = True
            subscription.attributes["PendingConfirmation"] = False
            return {"SubscriptionArn": subscription.arn}
    raise AwsError("InvalidParameter", "Invalid token")


@answers("sns", "ListSubscriptions", "ListSubscriptionsByTopic")
def list_subscriptions(context: Context) -> dict[str, Any]:
    if context.call.operation == "ListSubscriptionsByTopic":
        _topic(context)
    answer, known = context.moto(), context.backend().subscriptions
    for subscription in answer["Subscriptions"]:
        if not known[subscription["SubscriptionArn"]].confirmed:
            subscription["SubscriptionArn"] = PENDING
    return answer


@guards("sns", "Unsubscribe")
def unsubscribe(context: Context) -> None:
    subscription = context.backend().subscriptions.get(context.parameters["SubscriptionArn"])
    if subscription is not None and not subscription.confirmed:
        raise AwsError("InvalidParameter", "Invalid parameter: SubscriptionArn Reason: it is pending confirmation")
    if subscription is None and not context.parameters["SubscriptionArn"].startswith("arn:"):
        raise AwsError("InvalidParameter", "Invalid parameter: SubscriptionArn")


@answers("sns", "Publish")
def publish(context: Context) -> dict[str, Any]:
    """To queues; all other subscribers are outside of the simulator and are not told."""
    parameters = context.parameters
    if "PhoneNumber" in parameters:
        raise not_implemented("sns", "Publish", "text messages are not simulated")
    topic, message, subject = _topic(context), parameters["Message"], parameters.get("Subject")
    if len(message.encode()) > MOST_BYTES or (subject is not None and not 1 <= len(subject) <= 100):
        raise AwsError("InvalidParameter", "Invalid parameter: Message or Subject too long")
    if parameters.get("MessageAttributes") or parameters.get("MessageStructure"):
        raise not_implemented("sns", "Publish", "message attributes and structures are not simulated")
    identifier = str(uuid.uuid4())
    topic.sent_notifications.append((identifier, message, subject, None, None))
    for subscription in context.backend().subscriptions.values():
        if subscription.topic.arn == topic.arn and subscription.protocol == "sqs":
            subscription.publish(message, identifier, subject=subject)
    return {"MessageId": identifier}


@guards("sns", "PublishBatch")
def publish_batch(context: Context) -> None:
    """moto would send to web addresses."""
    raise not_implemented("sns", context.call.operation)


@answers("sns", "DeleteTopic")
def delete_topic(context: Context) -> dict[str, Any]:
    """A topic that does not exist is no error; its subscriptions go with it."""
    arn, backend = context.parameters["TopicArn"], context.backend()
    if arn in backend.topics:
        context.moto()
    for name in [name for name, one in backend.subscriptions.items() if one.topic.arn == arn]:
        del backend.subscriptions[name]
    return {}
