# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import re

import boto3
import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.credentials import Credentials

from ansible_collections.monay.platform.plugins.module_utils.aws.account import leave_ip_hosts_alone
from ansible_collections.monay.platform.plugins.module_utils.aws.api import Api, client_config

ACCOUNT = "111111111111"
EMPTY = b"""<PublicAccessBlockConfiguration xmlns="http://awss3control.amazonaws.com/doc/2018-08-20/"/>"""


def sent_to(endpoint):
    """URL and headers, signed and ready, with which the public access block would be read."""
    client = boto3.client("s3control", region_name="us-east-1", endpoint_url=endpoint, config=client_config())
    sent = []

    def answer(request, **_event):
        sent.append(request)
        response = AWSResponse(request.url, 200, {}, None)
        response._content = EMPTY
        return response

    client.meta.events.register("before-send.s3-control", answer)
    leave_ip_hosts_alone(Api(client)).read("get_public_access_block", "look", AccountId=ACCOUNT)
    return sent[0].url, {name: _text(value) for name, value in sent[0].headers.items()}


def _text(value):
    return value.decode() if isinstance(value, bytes) else value


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        pytest.param("http://127.0.0.1:5557", "http://127.0.0.1:5557/", id="IPv4"),
        pytest.param("https://10.1.2.3", "https://10.1.2.3/", id="no port"),
        pytest.param(None, f"https://{ACCOUNT}.s3-control.us-east-1.amazonaws.com/", id="AWS itself"),
        pytest.param("https://s3.example.com", f"https://{ACCOUNT}.s3.example.com/", id="another name"),
    ],
)
def test_the_account_stays_before_names_and_not_before_addresses(endpoint, url):
    asked, headers = sent_to(endpoint)

    assert asked == f"{url}v20180820/configuration/publicAccessBlock"
    assert headers["x-amz-account-id"] == ACCOUNT


def test_the_signature_is_that_of_the_host_that_is_asked():
    url, headers = sent_to("http://127.0.0.1:5557")
    signed = re.search(r"SignedHeaders=([\w;-]+)", headers["Authorization"])[1].split(";")
    said = re.search(r"Signature=(\w+)", headers["Authorization"])[1]

    # Computed anew for the URL that is asked, as the receiver does it.
    again = AWSRequest("GET", url, {name: value for name, value in headers.items() if name.lower() in signed})
    again.context["timestamp"] = headers["X-Amz-Date"]
    auth = S3SigV4Auth(Credentials("testing", "testing"), "s3", "us-east-1")
    right = auth.signature(auth.string_to_sign(again, auth.canonical_request(again)), again)

    assert "host" in signed
    assert said == right
