# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The managed rule groups of AWS that the simulator knows, with their capacity and rules."""

from __future__ import annotations

VENDOR = "AWS"
GROUPS: dict[str, tuple[int, str, tuple[str, ...]]] = {
    "AWSManagedRulesCommonRuleSet": (
        700,
        "Contains rules that are generally applicable to web applications.",
        (
            "NoUserAgent_HEADER",
            "UserAgent_BadBots_HEADER",
            "SizeRestrictions_QUERYSTRING",
            "SizeRestrictions_Cookie_HEADER",
            "SizeRestrictions_BODY",
            "SizeRestrictions_URIPATH",
            "EC2MetaDataSSRF_BODY",
            "EC2MetaDataSSRF_COOKIE",
            "EC2MetaDataSSRF_URIPATH",
            "EC2MetaDataSSRF_QUERYARGUMENTS",
            "GenericLFI_QUERYARGUMENTS",
            "GenericLFI_URIPATH",
            "GenericLFI_BODY",
            "RestrictedExtensions_URIPATH",
            "RestrictedExtensions_QUERYARGUMENTS",
            "GenericRFI_QUERYARGUMENTS",
            "GenericRFI_BODY",
            "GenericRFI_URIPATH",
            "CrossSiteScripting_COOKIE",
            "CrossSiteScripting_QUERYARGUMENTS",
            "CrossSiteScripting_BODY",
            "CrossSiteScripting_URIPATH",
        ),
    ),
    "AWSManagedRulesAdminProtectionRuleSet": (
        100,
        "Contains rules that allow you to block external access to exposed admin pages.",
        ("AdminProtection_URIPATH",),
    ),
    "AWSManagedRulesKnownBadInputsRuleSet": (
        200,
        "Contains rules that allow you to block request patterns that are known to be invalid.",
        (
            "JavaDeserializationRCE_HEADER",
            "JavaDeserializationRCE_BODY",
            "JavaDeserializationRCE_URIPATH",
            "JavaDeserializationRCE_QUERYSTRING",
            "Host_localhost_HEADER",
            "PROPFIND_METHOD",
            "ExploitablePaths_URIPATH",
            "Log4JRCE_HEADER",
            "Log4JRCE_QUERYSTRING",
            "Log4JRCE_BODY",
            "Log4JRCE_URIPATH",
        ),
    ),
    "AWSManagedRulesSQLiRuleSet": (
        200,
        "Contains rules that allow you to block request patterns associated with exploitation of SQL databases.",
        (
            "SQLiExtendedPatterns_QUERYARGUMENTS",
            "SQLi_QUERYARGUMENTS",
            "SQLi_BODY",
            "SQLi_COOKIE",
            "SQLi_URIPATH",
        ),
    ),
    "AWSManagedRulesLinuxRuleSet": (
        200,
        "Contains rules that block request patterns associated with exploitation of vulnerabilities of Linux.",
        ("LFI_URIPATH", "LFI_QUERYSTRING", "LFI_HEADER"),
    ),
    "AWSManagedRulesUnixRuleSet": (
        100,
        "Contains rules that block request patterns associated with exploiting vulnerabilities of POSIX systems.",
        (
            "UNIXShellCommandsVariables_QUERYSTRING",
            "UNIXShellCommandsVariables_BODY",
            "UNIXShellCommandsVariables_HEADER",
        ),
    ),
    "AWSManagedRulesAmazonIpReputationList": (
        25,
        "This group contains rules that are based on Amazon threat intelligence.",
        ("AWSManagedIPReputationList", "AWSManagedReconnaissanceList", "AWSManagedIPDDoSList"),
    ),
    "AWSManagedRulesAnonymousIpList": (
        50,
        "This group contains rules that allow you to block requests from services that obfuscate viewer identity.",
        ("AnonymousIPList", "HostingProviderIPList"),
    ),
}
