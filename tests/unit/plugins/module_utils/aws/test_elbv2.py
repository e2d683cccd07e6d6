# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from ansible_collections.monay.platform.plugins.module_utils.aws.elbv2 import Balancing


class Elb:
    """Refuses to tell any tags as soon as one of the ARNs is gone, as AWS does."""

    region = "us-east-1"

    def __init__(self, *standing):
        self.standing = standing

    def read(self, operation, doing, missing=(), **params):
        arns = params["ResourceArns"]
        if not set(arns) <= set(self.standing):
            return None
        return {"TagDescriptions": [{"ResourceArn": arn, "Tags": [{"Key": "Name", "Value": arn}]} for arn in arns]}


def test_what_somebody_else_deletes_meanwhile_hides_nothing():
    assert Balancing(Elb("a", "c")).tags(["a", "b", "c"], "listener rules") == {"a": {"Name": "a"}, "c": {"Name": "c"}}
