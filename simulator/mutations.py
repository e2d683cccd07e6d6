# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which operations change something. By AWS's naming, with its exceptions written out."""

from __future__ import annotations

READ_PREFIXES = (
    "Describe",
    "Get",
    "List",
    "Head",
    "Lookup",
    "Simulate",
    "BatchGet",
    "BatchCheck",
    "BatchDescribe",
    "Search",
    "Query",
    "Scan",
    "Select",
    "Filter",
    "Check",
    "Validate",
    "Verify",
    "Test",
    "Preview",
    "Estimate",
    "Decode",
    "Detect",
    "Download",
    "View",
)

# Reads whose name does not say so: they answer without changing a resource.
READS = {
    ("sts", "AssumeRole"),
    ("sts", "AssumeRoleWithSAML"),
    ("sts", "AssumeRoleWithWebIdentity"),
    ("sts", "AssumeRoot"),
    ("kms", "Encrypt"),
    ("kms", "Decrypt"),
    ("kms", "ReEncrypt"),
    ("kms", "Sign"),
    ("kms", "GenerateDataKey"),
    ("kms", "GenerateDataKeyWithoutPlaintext"),
    ("kms", "GenerateDataKeyPair"),
    ("kms", "GenerateDataKeyPairWithoutPlaintext"),
    ("kms", "GenerateMac"),
    ("kms", "GenerateRandom"),
    ("kms", "DeriveSharedSecret"),
    ("iam", "GenerateCredentialReport"),
    ("iam", "GenerateServiceLastAccessedDetails"),
    ("logs", "StartQuery"),
    ("logs", "StopQuery"),
    ("logs", "StartLiveTail"),
    ("ec2", "ExportClientVpnClientConfiguration"),
    ("ec2", "ExportClientVpnClientCertificateRevocationList"),
    ("ecs", "DiscoverPollEndpoint"),
}

# Writes whose name looks like a read.
WRITES = {
    ("elasticache", "TestFailover"),
    ("elasticache", "TestMigration"),
}


def is_mutating(service: str, operation: str) -> bool:
    """Whether a call of the operation may change a resource."""
    if (service, operation) in READS:
        return False
    if (service, operation) in WRITES:
        return True
    return not operation.startswith(READ_PREFIXES)
