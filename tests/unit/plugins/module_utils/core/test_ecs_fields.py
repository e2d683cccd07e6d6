# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Every field of botocore's RegisterTaskDefinition and CreateService: changed, removed and defaulted."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.monay.platform.plugins.module_utils.aws.ecs_describing import camel
from ansible_collections.monay.platform.plugins.module_utils.aws.ecs_serving import SPELLINGS
from ansible_collections.monay.platform.plugins.module_utils.core.ecs_fields import SERVICE, TASK_DEFINITION
from ansible_collections.monay.platform.plugins.module_utils.core.ecs_service import service_state
from ansible_collections.monay.platform.plugins.module_utils.core.ecs_task_definition import task_definition_state
from ansible_collections.monay.platform.plugins.module_utils.core.shape import Leaf, ListOf, MapOf, Struct, canonical
from ansible_collections.monay.platform.plugins.modules import ecs_service, ecs_task_definition
from tests.support.aws_shapes import get, input_shape, leaves, name_of, put, sample, value_of, with_leaf, without_leaf

# What AWS documents that it takes where nothing is said; the paths are botocore's.
CONTAINER = "containerDefinitions[]"
DEFAULTS = {
    "RegisterTaskDefinition": {
        f"{CONTAINER}.cpu": 0,
        f"{CONTAINER}.essential": True,
        f"{CONTAINER}.portMappings[].protocol": "tcp",
        f"{CONTAINER}.restartPolicy.enabled": False,
        f"{CONTAINER}.restartPolicy.restartAttemptPeriod": 300,
        f"{CONTAINER}.environment[].value": "",
        f"{CONTAINER}.mountPoints[].readOnly": False,
        f"{CONTAINER}.volumesFrom[].readOnly": False,
        f"{CONTAINER}.linuxParameters.initProcessEnabled": False,
        f"{CONTAINER}.linuxParameters.swappiness": 60,
        f"{CONTAINER}.stopTimeout": 30,
        f"{CONTAINER}.versionConsistency": "enabled",
        f"{CONTAINER}.disableNetworking": False,
        f"{CONTAINER}.privileged": False,
        f"{CONTAINER}.readonlyRootFilesystem": False,
        f"{CONTAINER}.interactive": False,
        f"{CONTAINER}.pseudoTerminal": False,
        f"{CONTAINER}.healthCheck.interval": 30,
        f"{CONTAINER}.healthCheck.timeout": 5,
        f"{CONTAINER}.healthCheck.retries": 3,
        f"{CONTAINER}.healthCheck.startPeriod": 0,
        "networkMode": "bridge",
        "volumes[].dockerVolumeConfiguration.scope": "task",
        "volumes[].dockerVolumeConfiguration.autoprovision": False,
        "volumes[].dockerVolumeConfiguration.driver": "local",
        "volumes[].efsVolumeConfiguration.rootDirectory": "/",
        "volumes[].efsVolumeConfiguration.transitEncryption": "DISABLED",
        "volumes[].efsVolumeConfiguration.authorizationConfig.iam": "DISABLED",
        "volumes[].s3filesVolumeConfiguration.rootDirectory": "/",
        "volumes[].configuredAtLaunch": False,
        "proxyConfiguration.type": "APPMESH",
        "runtimePlatform.cpuArchitecture": "X86_64",
        "runtimePlatform.operatingSystemFamily": "LINUX",
        "enableFaultInjection": False,
    },
    "CreateService": {
        "capacityProviderStrategy[].weight": 0,
        "capacityProviderStrategy[].base": 0,
        "platformVersion": "LATEST",
        "deploymentConfiguration.strategy": "ROLLING",
        "deploymentConfiguration.maximumPercent": 200,
        "deploymentConfiguration.minimumHealthyPercent": 100,
        "deploymentConfiguration.bakeTimeInMinutes": 0,
        "deploymentConfiguration.deploymentCircuitBreaker.enable": False,
        "deploymentConfiguration.deploymentCircuitBreaker.rollback": False,
        "deploymentConfiguration.deploymentCircuitBreaker.resetOnHealthyTask": True,
        "deploymentConfiguration.deploymentCircuitBreaker.thresholdConfiguration.type": "BOUNDED_PERCENT",
        "deploymentConfiguration.deploymentCircuitBreaker.thresholdConfiguration.value": 50,
        "deploymentConfiguration.alarms.rollback": False,
        "deploymentConfiguration.alarms.enable": False,
        "deploymentConfiguration.lifecycleHooks[].targetType": "AWS_LAMBDA",
        "deploymentConfiguration.lifecycleHooks[].timeoutConfiguration.timeoutInMinutes": 1440,
        "deploymentConfiguration.lifecycleHooks[].timeoutConfiguration.action": "ROLLBACK",
        "deploymentConfiguration.earlySuccessCriteria.enable": False,
        "deploymentConfiguration.earlySuccessCriteria.sourceServiceRevisionCleanup": "BLOCKING",
        "networkConfiguration.awsvpcConfiguration.assignPublicIp": "DISABLED",
        "healthCheckGracePeriodSeconds": 0,
        "schedulingStrategy": "REPLICA",
        "deploymentController.type": "ECS",
        "enableECSManagedTags": False,
        "propagateTags": "NONE",
        "enableExecuteCommand": False,
        "serviceConnectConfiguration.enabled": False,
        "serviceConnectConfiguration.accessLogConfiguration.includeQueryParameters": "DISABLED",
        "volumeConfigurations[].managedEBSVolume.volumeType": "gp3",
        "volumeConfigurations[].managedEBSVolume.tagSpecifications[].propagateTags": "NONE",
        "volumeConfigurations[].managedEBSVolume.filesystemType": "xfs",
    },
}
STATES = {"RegisterTaskDefinition": task_definition_state, "CreateService": service_state}
SHAPES = {operation: input_shape("ecs", operation) for operation in STATES}
SAMPLES = {operation: sample(SHAPES[operation], DEFAULTS[operation]) for operation in STATES}
# The mode in which the port of the host is not that of the container by itself.
SAMPLES["RegisterTaskDefinition"]["networkMode"] = "none"
# Daemons have other defaults; see the tests of core.ecs_service.
SAMPLES["CreateService"]["schedulingStrategy"] = "OTHER"
# Names and tags are compared by their own means; a token says nothing about the service.
APART = {
    "RegisterTaskDefinition": {"family", "tags"},
    "CreateService": {"cluster", "serviceName", "tags", "clientToken"},
}


def every_leaf(wanted: Callable[[str, str], bool] = lambda _operation, _path: True) -> list[object]:
    return [
        pytest.param(operation, path, leaf, id=f"{operation}-{name_of(path)}")
        for operation, shape in SHAPES.items()
        for path, leaf in leaves(shape)
        if path[0] not in APART[operation] and wanted(operation, name_of(path))
    ]


@pytest.mark.parametrize(("operation", "path", "leaf"), every_leaf())
def test_a_changed_field_is_noticed(operation, path, leaf):
    before, default = SAMPLES[operation], DEFAULTS[operation].get(name_of(path))
    other = value_of(leaf, avoid=(get(before, path), default) if leaf.type_name != "boolean" else (get(before, path),))

    assert STATES[operation](with_leaf(before, path, other)) != STATES[operation](before)


@pytest.mark.parametrize(("operation", "path", "leaf"), every_leaf())
def test_a_removed_field_is_noticed(operation, path, leaf):
    before = SAMPLES[operation]

    assert STATES[operation](without_leaf(before, path)) != STATES[operation](before)


@pytest.mark.parametrize(("operation", "path", "leaf"), every_leaf(lambda operation, path: path in DEFAULTS[operation]))
def test_a_default_that_aws_fills_in_is_no_change(operation, path, leaf):
    without = without_leaf(SAMPLES[operation], path)
    filled = with_leaf(without, path, DEFAULTS[operation][name_of(path)])

    assert STATES[operation](filled) == STATES[operation](without)


@pytest.mark.parametrize("operation", STATES)
def test_the_defaults_of_this_test_are_all_of_them(operation):
    """Each default in the tables of the product stands in the table of this test, which was made from AWS's words."""
    root = {"RegisterTaskDefinition": TASK_DEFINITION, "CreateService": SERVICE}[operation]
    # These depend on other fields, and the pairs of tags are compared by their own means.
    counts = ("maximumPercent", "minimumHealthyPercent", "bakeTimeInMinutes")
    special = {"networkMode", *(f"deploymentConfiguration.{count}" for count in counts)}

    found = {path: shape.default for path, shape in described(root) if shape.default is not None}

    assert {path: value for path, value in found.items() if "tags[]" not in path} == {
        path: value for path, value in DEFAULTS[operation].items() if path not in special
    }


def described(shape, path=""):
    """Every leaf of a description with its path, in the same spelling as `name_of`."""
    if isinstance(shape, Struct):
        for name, field in shape.fields.items():
            yield from described(field, f"{path}.{name}".lstrip("."))
    elif isinstance(shape, ListOf):
        yield from described(shape.item, f"{path}[]")
    elif isinstance(shape, MapOf):
        yield f"{path}.Key", Leaf("text")
    else:
        yield path, shape


@pytest.mark.parametrize("operation", STATES)
def test_the_fields_are_those_of_botocore(operation):
    kinds = {"string": "text", "integer": "number", "boolean": "flag", "double": "fraction", "structure": "document"}
    root = {"RegisterTaskDefinition": TASK_DEFINITION, "CreateService": SERVICE}[operation]

    ours = {path: leaf.kind for path, leaf in described(root)}
    theirs = {name_of(path): kinds[leaf.type_name] for path, leaf in leaves(SHAPES[operation])}

    assert ours == {path: kind for path, kind in theirs.items() if path != "clientToken"}


@pytest.mark.parametrize(
    ("operation", "module", "own"),
    [
        ("RegisterTaskDefinition", ecs_task_definition, {"family", "tags"}),
        ("CreateService", ecs_service, {"cluster", "serviceName", "tags", "clientToken"}),
    ],
)
def test_the_modules_have_an_option_for_every_field(operation, module, own):
    options = {SPELLINGS.get(camel(option), camel(option)) for option in module.CONTENT_SPEC}

    assert options == set(SHAPES[operation].members) - own


# --- what must always hold --------------------------------------------------------------------------------------------


# An input has hundreds of fields; few of them are quick, and different in each run.
FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def inputs(shape):
    """Inputs with any subset of the fields said."""
    if shape.type_name == "structure" and not getattr(shape, "is_document_type", False):
        members = {name: inputs(member) for name, member in shape.members.items()}
        required = {name: members[name] for name in shape.required_members}
        return st.fixed_dictionaries(required, optional={k: v for k, v in members.items() if k not in required})
    if shape.type_name == "list":
        return st.lists(inputs(shape.member), max_size=2)
    if shape.type_name == "map":
        return st.dictionaries(st.sampled_from("abc"), inputs(shape.value), max_size=2)
    if shape.type_name == "boolean":
        return st.booleans()
    if shape.type_name in ("integer", "double"):
        return st.integers(0, 3)
    return st.sampled_from([*(getattr(shape, "enum", ()) or ())][:3] or ["", "a", "b"])


def members(shape, names):
    """A structure with some of its members only, so that generated inputs stay small."""
    return st.fixed_dictionaries({}, optional={name: inputs(shape.members[name]) for name in names})


CONTAINERS = SHAPES["RegisterTaskDefinition"].members["containerDefinitions"].member


def any_input(operation):
    shape = SHAPES[operation]
    if operation == "CreateService":
        return members(shape, [name for name in shape.members if name != "clientToken"])
    rest = members(shape, [name for name in shape.members if name != "containerDefinitions"])
    containers = st.lists(members(CONTAINERS, CONTAINERS.members), max_size=2)
    return st.builds(lambda values, found: {**values, "containerDefinitions": found}, rest, containers)


@pytest.mark.parametrize("operation", STATES)
@FEW
@given(data=st.data())
def test_the_canonical_form_of_a_canonical_form_is_itself(operation, data):
    state = STATES[operation](data.draw(any_input(operation)))

    again = STATES[operation]({name: value for name, value in state.items() if value not in ("", None)})

    assert again == state


ORDERED = ("command", "entryPoint", "dnsServers", "dnsSearchDomains", "environmentFiles", "placementStrategy")


def reversed_lists(value, name=""):
    """The same input with every list turned round whose order means nothing."""
    if isinstance(value, dict):
        return {key: reversed_lists(each, key) for key, each in reversed(value.items())}
    if isinstance(value, list):
        found = [reversed_lists(each) for each in value]
        return found if name in ORDERED else found[::-1]
    return value


@pytest.mark.parametrize("operation", STATES)
@FEW
@given(data=st.data())
def test_order_means_nothing_where_aws_sees_a_set(operation, data):
    value = data.draw(any_input(operation))

    assert STATES[operation](reversed_lists(value)) == STATES[operation](value)


@pytest.mark.parametrize("operation", STATES)
@FEW
@given(data=st.data())
def test_defaults_do_not_matter(operation, data):
    """Any input, and the same with defaults put in where something is said around them, mean the same."""
    value = data.draw(any_input(operation).filter(lambda each: each.get("schedulingStrategy") != "DAEMON"))
    filled = copy.deepcopy(value)
    for path, leaf in leaves(SHAPES[operation]):
        default = DEFAULTS[operation].get(name_of(path))
        if default is not None and stands(filled, path[:-1]) and name_of(path) != "networkMode":
            holder = get(filled, path[:-1])
            if holder.get(path[-1]) in (None, ""):
                put(filled, path, default if leaf.type_name != "double" else float(default))

    assert STATES[operation](filled) == STATES[operation](value)


def stands(value, path):
    try:
        return isinstance(get(value, path), dict)
    except (KeyError, IndexError):
        return False


@pytest.mark.parametrize("operation", STATES)
def test_what_says_nothing_but_defaults_is_not_said(operation):
    assert canonical({"RegisterTaskDefinition": TASK_DEFINITION, "CreateService": SERVICE}[operation], {}) is None
