# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Every field of a task definition and of a service, in AWS's spelling, with AWS's defaults. Pure data.

Sources: ECS API reference, RegisterTaskDefinition, ContainerDefinition, CreateService and the types behind them. A test
holds the fields against botocore's model, so that a field that AWS adds is noticed. The first field of a structure is
the one that lists of it are sorted by.
"""

from __future__ import annotations

from .shape import (
    DOCUMENT,
    FLAG,
    FRACTION,
    MAP,
    NUMBER,
    OFF,
    TEXT,
    TEXTS,
    WORDS,
    Leaf,
    ListOf,
    bag,
    number,
    series,
    struct,
    text,
)

SECRETS = bag(name=TEXT, valueFrom=TEXT)
LOG_CONFIGURATION = struct(logDriver=TEXT, options=MAP, secretOptions=SECRETS)
PAIRS = bag(key=TEXT, value=text(""))

LINUX_PARAMETERS = struct(
    capabilities=struct(add=TEXTS, drop=TEXTS),
    devices=bag(hostPath=TEXT, containerPath=TEXT, permissions=TEXTS),
    initProcessEnabled=OFF,
    sharedMemorySize=NUMBER,
    tmpfs=bag(containerPath=TEXT, size=NUMBER, mountOptions=TEXTS),
    maxSwap=NUMBER,
    swappiness=number(60),
)

CONTAINER = struct(
    name=TEXT,
    image=TEXT,
    repositoryCredentials=struct(credentialsParameter=TEXT),
    cpu=number(0),
    memory=NUMBER,
    memoryReservation=NUMBER,
    links=TEXTS,
    # What hostPort is where it is not said depends on the network mode; see core.ecs_task_definition.
    portMappings=bag(
        containerPort=NUMBER,
        hostPort=NUMBER,
        protocol=text("tcp"),
        name=TEXT,
        appProtocol=TEXT,
        containerPortRange=TEXT,
    ),
    essential=Leaf("flag", default=True),
    restartPolicy=struct(enabled=OFF, ignoredExitCodes=ListOf(NUMBER), restartAttemptPeriod=number(300)),
    entryPoint=WORDS,
    command=WORDS,
    environment=bag(name=TEXT, value=text("")),
    # Of two files with one variable the first wins.
    environmentFiles=series(value=TEXT, type=TEXT),
    mountPoints=bag(containerPath=TEXT, sourceVolume=TEXT, readOnly=OFF),
    volumesFrom=bag(sourceContainer=TEXT, readOnly=OFF),
    linuxParameters=LINUX_PARAMETERS,
    secrets=SECRETS,
    dependsOn=bag(containerName=TEXT, condition=TEXT),
    startTimeout=NUMBER,
    stopTimeout=number(30),
    versionConsistency=text("enabled"),
    hostname=TEXT,
    user=TEXT,
    workingDirectory=TEXT,
    disableNetworking=OFF,
    privileged=OFF,
    readonlyRootFilesystem=OFF,
    dnsServers=WORDS,
    dnsSearchDomains=WORDS,
    extraHosts=bag(hostname=TEXT, ipAddress=TEXT),
    dockerSecurityOptions=TEXTS,
    interactive=OFF,
    pseudoTerminal=OFF,
    dockerLabels=MAP,
    ulimits=bag(name=TEXT, softLimit=NUMBER, hardLimit=NUMBER),
    logConfiguration=LOG_CONFIGURATION,
    healthCheck=struct(command=WORDS, interval=number(30), timeout=number(5), retries=number(3), startPeriod=number(0)),
    systemControls=bag(namespace=TEXT, value=TEXT),
    resourceRequirements=bag(
        type=TEXT, value=TEXT, sharingStrategy=struct(nvidiaMps=struct(memory=NUMBER, maxComputePercent=NUMBER))
    ),
    firelensConfiguration=struct(type=TEXT, options=MAP),
    credentialSpecs=TEXTS,
)

VOLUMES = bag(
    name=TEXT,
    host=struct(sourcePath=TEXT),
    dockerVolumeConfiguration=struct(
        scope=text("task"), autoprovision=OFF, driver=text("local"), driverOpts=MAP, labels=MAP
    ),
    efsVolumeConfiguration=struct(
        fileSystemId=TEXT,
        rootDirectory=text("/"),
        transitEncryption=text("DISABLED"),
        transitEncryptionPort=NUMBER,
        authorizationConfig=struct(accessPointId=TEXT, iam=text("DISABLED")),
    ),
    s3filesVolumeConfiguration=struct(
        fileSystemArn=TEXT, rootDirectory=text("/"), transitEncryptionPort=NUMBER, accessPointArn=TEXT
    ),
    fsxWindowsFileServerVolumeConfiguration=struct(
        fileSystemId=TEXT, rootDirectory=TEXT, authorizationConfig=struct(credentialsParameter=TEXT, domain=TEXT)
    ),
    configuredAtLaunch=OFF,
)

TASK_DEFINITION = struct(
    family=TEXT,
    taskRoleArn=TEXT,
    executionRoleArn=TEXT,
    networkMode=TEXT,
    containerDefinitions=ListOf(CONTAINER),
    volumes=VOLUMES,
    placementConstraints=bag(type=TEXT, expression=TEXT),
    requiresCompatibilities=TEXTS,
    cpu=TEXT,
    memory=TEXT,
    tags=PAIRS,
    pidMode=TEXT,
    ipcMode=TEXT,
    proxyConfiguration=struct(type=text("APPMESH"), containerName=TEXT, properties=bag(name=TEXT, value=TEXT)),
    inferenceAccelerators=bag(deviceName=TEXT, deviceType=TEXT),
    ephemeralStorage=struct(sizeInGiB=NUMBER),
    runtimePlatform=struct(cpuArchitecture=text("X86_64"), operatingSystemFamily=text("LINUX")),
    enableFaultInjection=OFF,
    trustedExecutionConfiguration=struct(isolationMode=TEXT, attestationPolicy=TEXT),
)

LIFECYCLE_HOOKS = bag(
    hookTargetArn=TEXT,
    targetType=text("AWS_LAMBDA"),
    roleArn=TEXT,
    lifecycleStages=TEXTS,
    hookDetails=DOCUMENT,
    timeoutConfiguration=struct(timeoutInMinutes=number(1440), action=text("ROLLBACK")),
)

# What bakes, shifts and waits by default depends on the strategy; see core.ecs_service.
DEPLOYMENT = struct(
    strategy=text("ROLLING"),
    maximumPercent=NUMBER,
    minimumHealthyPercent=NUMBER,
    bakeTimeInMinutes=NUMBER,
    deploymentCircuitBreaker=struct(
        enable=OFF,
        rollback=OFF,
        resetOnHealthyTask=Leaf("flag", default=True),
        thresholdConfiguration=struct(type=text("BOUNDED_PERCENT"), value=number(50)),
    ),
    alarms=struct(alarmNames=TEXTS, rollback=OFF, enable=OFF),
    lifecycleHooks=LIFECYCLE_HOOKS,
    linearConfiguration=struct(stepPercent=FRACTION, stepBakeTimeInMinutes=NUMBER),
    canaryConfiguration=struct(canaryPercent=FRACTION, canaryBakeTimeInMinutes=NUMBER),
    earlySuccessCriteria=struct(enable=OFF, healthyPercent=NUMBER, sourceServiceRevisionCleanup=text("BLOCKING")),
)

SERVICE_CONNECT = struct(
    enabled=OFF,
    namespace=TEXT,
    services=bag(
        portName=TEXT,
        discoveryName=TEXT,
        clientAliases=bag(
            port=NUMBER,
            dnsName=TEXT,
            testTrafficRules=struct(header=struct(name=TEXT, value=struct(exact=TEXT))),
        ),
        ingressPortOverride=NUMBER,
        timeout=struct(idleTimeoutSeconds=NUMBER, perRequestTimeoutSeconds=NUMBER),
        tls=struct(issuerCertificateAuthority=struct(awsPcaAuthorityArn=TEXT), kmsKey=TEXT, roleArn=TEXT),
    ),
    logConfiguration=LOG_CONFIGURATION,
    accessLogConfiguration=struct(format=TEXT, includeQueryParameters=text("DISABLED")),
    containerConfigurations=bag(logLevel=TEXT),
)

VOLUME_CONFIGURATIONS = bag(
    name=TEXT,
    managedEBSVolume=struct(
        encrypted=FLAG,
        kmsKeyId=TEXT,
        volumeType=text("gp3"),
        sizeInGiB=NUMBER,
        snapshotId=TEXT,
        volumeInitializationRate=NUMBER,
        iops=NUMBER,
        throughput=NUMBER,
        tagSpecifications=bag(resourceType=TEXT, tags=PAIRS, propagateTags=text("NONE")),
        roleArn=TEXT,
        filesystemType=text("xfs"),
    ),
)

GATEWAY_CONNECTORS = bag(
    portName=TEXT,
    healthCheck=struct(
        healthCheckProtocol=TEXT,
        healthCheckPort=NUMBER,
        healthCheckPath=TEXT,
        healthCheckTimeoutSeconds=NUMBER,
        healthCheckIntervalSeconds=NUMBER,
        healthyThresholdCount=NUMBER,
        unhealthyThresholdCount=NUMBER,
        matcher=struct(httpCode=TEXT, grpcCode=TEXT),
    ),
    filters=struct(accessTypes=TEXTS),
    deregistrationDelay=struct(timeoutSeconds=NUMBER),
)

SERVICE = struct(
    cluster=TEXT,
    serviceName=TEXT,
    taskDefinition=TEXT,
    availabilityZoneRebalancing=TEXT,
    loadBalancers=bag(
        targetGroupArn=TEXT,
        loadBalancerName=TEXT,
        containerName=TEXT,
        containerPort=NUMBER,
        advancedConfiguration=struct(
            alternateTargetGroupArn=TEXT, productionListenerRule=TEXT, testListenerRule=TEXT, roleArn=TEXT
        ),
    ),
    serviceRegistries=bag(registryArn=TEXT, port=NUMBER, containerName=TEXT, containerPort=NUMBER),
    desiredCount=NUMBER,
    launchType=TEXT,
    capacityProviderStrategy=bag(capacityProvider=TEXT, weight=number(0), base=number(0)),
    platformVersion=text("LATEST"),
    role=TEXT,
    deploymentConfiguration=DEPLOYMENT,
    placementConstraints=bag(type=TEXT, expression=TEXT),
    placementStrategy=series(type=TEXT, field=TEXT),
    networkConfiguration=struct(
        awsvpcConfiguration=struct(subnets=TEXTS, securityGroups=TEXTS, assignPublicIp=text("DISABLED"))
    ),
    healthCheckGracePeriodSeconds=number(0),
    schedulingStrategy=text("REPLICA"),
    deploymentController=struct(type=text("ECS")),
    tags=PAIRS,
    enableECSManagedTags=OFF,
    propagateTags=text("NONE"),
    enableExecuteCommand=OFF,
    serviceConnectConfiguration=SERVICE_CONNECT,
    volumeConfigurations=VOLUME_CONFIGURATIONS,
    vpcLatticeConfigurations=bag(
        targetGroupArn=TEXT,
        roleArn=TEXT,
        portName=TEXT,
        advancedConfiguration=struct(alternateTargetGroupArn=TEXT, productionListenerRule=TEXT, testListenerRule=TEXT),
    ),
    gatewayConnectors=GATEWAY_CONNECTORS,
    monitoring=struct(metricConfigurations=bag(resolutionSeconds=NUMBER, metricNames=TEXTS)),
)
