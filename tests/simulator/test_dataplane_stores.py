# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""PostgreSQL and Redis behind their endpoint names: TLS, credentials from Secrets Manager, and the sample backend."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pg8000.native
import pytest

from simulator.dataplane import binaries
from tests.simulator.scenarios_ecs import definition, make_platform, service
from tests.simulator.test_dataplane_tasks import ask, finished, loopback, processes, push, tasks_of, until
from tests.support.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN, NEW_TOKEN = "0123456789abcdef!", "fedcba9876543210!"

pytestmark = pytest.mark.skipif(
    binaries.postgres() is None or binaries.redis() is None, reason="no PostgreSQL or no Redis on this machine"
)


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(data_plane=True) as running:
        yield running
        # Redis still runs: what a test started must end with an orderly stop, too
        assert _servers(running)
    assert not _servers(running)


def _servers(simulator: Simulator) -> list[str]:
    """Command lines of servers in the directories of a simulator."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found.append(path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
    return [line for line in found if f"/simulator-{simulator.pid}-" in line]


@pytest.fixture(scope="module")
def made(simulator: Simulator) -> dict[str, Any]:
    """A platform with a database, a replica and a cache that are available."""
    made = make_platform(simulator.client)
    rds, caches = simulator.client("rds"), simulator.client("elasticache")
    rds.create_db_subnet_group(DBSubnetGroupName="data", DBSubnetGroupDescription="data", SubnetIds=made["subnets"])
    rds.create_db_instance(
        DBInstanceIdentifier="main",
        Engine="postgres",
        EngineVersion="16",
        DBInstanceClass="db.t3.micro",
        AllocatedStorage=20,
        BackupRetentionPeriod=1,
        MasterUsername="monay",
        ManageMasterUserPassword=True,
        DBName="monay",
        DBSubnetGroupName="data",
    )
    caches.create_replication_group(
        ReplicationGroupId="sessions",
        ReplicationGroupDescription="sessions",
        CacheNodeType="cache.t3.micro",
        NumCacheClusters=1,
        TransitEncryptionEnabled=True,
        AuthToken=TOKEN,
    )

    def available(kind: str) -> Any:
        if kind == "rds":
            found = rds.describe_db_instances()["DBInstances"]
        else:
            found = caches.describe_replication_groups()["ReplicationGroups"]
        states = {one.get("DBInstanceStatus") or one["Status"] for one in found}
        return found if states == {"available"} else None

    until(lambda: available("rds"))
    rds.create_db_instance_read_replica(DBInstanceIdentifier="replica", SourceDBInstanceIdentifier="main")
    main, replica = until(lambda: available("rds"))
    (group,) = until(lambda: available("elasticache"))
    made |= {"database": main, "replica": replica["Endpoint"]["Address"]}
    made["redis"] = group["NodeGroups"][0]["PrimaryEndpoint"]["Address"]
    secret = simulator.client("secretsmanager").get_secret_value(SecretId=main["MasterUserSecret"]["SecretArn"])
    made["login"] = json.loads(secret["SecretString"])
    until(lambda: place(simulator, made["redis"]) and place(simulator, made["replica"]))
    return made


def place(simulator: Simulator, name: str) -> str:
    return str(simulator.control("GET", f"resolve?name={name}")["address"] or "")


def trusting(simulator: Simulator) -> ssl.SSLContext:
    """Trusts the simulator's authority alone."""
    return ssl.create_default_context(cafile=simulator.control("GET", "front_doors")["ca_bundle"])


def rows(simulator: Simulator, made: dict[str, Any], host: str, statement: str, **changes: Any) -> list[list[Any]]:
    options: dict[str, Any] = {
        "database": "monay",
        "password": made["login"]["password"],
        "timeout": 10,
        "user": "monay",
    }
    # the certificate is for the endpoint's name: checked below, where the backend comes by it
    context = trusting(simulator)
    context.check_hostname = False
    options |= {"ssl_context": context, "timeout": 10}
    connection = pg8000.native.Connection(host=place(simulator, host), **(options | changes))
    try:
        return list(connection.run(statement) or [])
    finally:
        connection.close()


def test_the_backend_works_with_both(simulator: Simulator, made: dict[str, Any]) -> None:
    secrets, ecs = simulator.client("secretsmanager"), simulator.client("ecs")
    token = secrets.create_secret(Name="redis", SecretString=json.dumps({"TOKEN": TOKEN}))["ARN"]
    login = made["database"]["MasterUserSecret"]["SecretArn"]
    variables = {"DATABASE_HOST": made["database"]["Endpoint"]["Address"], "DATABASE_NAME": "monay"}
    variables["REDIS_HOST"] = made["redis"]
    # the one from Secrets Manager with the credentials of the task, the other by ECS
    variables["DATABASE_SECRET_ARN"] = login
    references = {"REDIS_AUTH_TOKEN": f"{token}:TOKEN::"}
    container = {
        "image": push(simulator, "1.1.0"),
        "environment": [{"name": name, "value": value} for name, value in variables.items()],
        "secrets": [{"name": name, "valueFrom": value} for name, value in references.items()],
        "healthCheck": {"command": ["CMD", "curl", "-f", "http://127.0.0.1:3001/health"]},
    }
    ecs.register_task_definition(**definition(made, container=container))
    ecs.create_service(**service(made, desiredCount=1, loadBalancers=[]))
    assert finished(simulator)["status"] == "SUCCESSFUL"
    (task,) = tasks_of(simulator)
    address = loopback(simulator, task)
    until(lambda: ask(address, "/ready")[0] == 200)
    status, said = ask(address, "/api/accounts")
    assert (status, said["accounts"][0]) == (200, {"id": 1, "owner": "Ada", "balance": 1200, "currency": "USD"})
    assert [ask(address, "/api/cache")[1]["hits"] for _time in range(2)] == [1, 2]
    states = simulator.control("GET", "health")["data_plane"]["stores"]
    assert set(states.values()) == {"running"}
    ecs.delete_service(cluster="main", service="app", force=True)
    until(lambda: not processes(simulator))


def test_the_master_user_has_the_password_of_the_secret_and_no_other(
    simulator: Simulator, made: dict[str, Any]
) -> None:
    host = made["database"]["Endpoint"]["Address"]
    assert rows(simulator, made, host, "SELECT current_database(), current_user") == [["monay", "monay"]]
    assert rows(simulator, made, host, "SELECT rolsuper FROM pg_roles WHERE rolname = 'monay'") == [[False]]
    rows(simulator, made, host, "CREATE TABLE kept (x int)")
    # a replica is another name of its primary
    assert rows(simulator, made, made["replica"], "SELECT count(*) FROM kept") == [[0]]
    with pytest.raises(pg8000.native.DatabaseError, match="28P01"):
        rows(simulator, made, host, "SELECT 1", password="wrong")
    with pytest.raises(pg8000.native.DatabaseError, match="no encryption"):
        rows(simulator, made, host, "SELECT 1", ssl_context=False)
    rds = simulator.client("rds")
    rds.modify_db_instance(
        DBInstanceIdentifier="main",
        ManageMasterUserPassword=False,
        MasterUserPassword="chosen-by-hand",
        ApplyImmediately=True,
    )

    def accepted() -> bool:
        try:
            return rows(simulator, made, host, "SELECT 1", password="chosen-by-hand") == [[1]]
        except pg8000.exceptions.Error:
            return False

    until(accepted)


def redis(simulator: Simulator, made: dict[str, Any], *lines: str) -> str:
    """The answers to some commands, each written in one line."""
    with (
        socket.create_connection((place(simulator, made["redis"]), 6379), 10) as plain,
        trusting(simulator).wrap_socket(plain, server_hostname=made["redis"]) as connection,
    ):
        answers = ""
        for line in lines:
            connection.sendall(f"{line}\r\n".encode())
            answers += connection.recv(4096).decode()
        return answers


def test_redis_wants_the_token_and_keeps_commands_to_itself_as_elasticache_does(
    simulator: Simulator, made: dict[str, Any]
) -> None:
    assert redis(simulator, made, f"AUTH {TOKEN}", "PING") == "+OK\r\n+PONG\r\n"
    assert "WRONGPASS" in redis(simulator, made, "AUTH wrong")
    assert "NOAUTH" in redis(simulator, made, "PING")
    assert "NOPERM" in redis(simulator, made, f"AUTH {TOKEN}", "CONFIG GET maxmemory")
    change = {"ReplicationGroupId": "sessions", "AuthToken": NEW_TOKEN, "ApplyImmediately": True}
    caches = simulator.client("elasticache")
    caches.modify_replication_group(**change, AuthTokenUpdateStrategy="ROTATE")
    until(lambda: "+OK" in redis(simulator, made, f"AUTH {NEW_TOKEN}"))
    assert "+OK" in redis(simulator, made, f"AUTH {TOKEN}")
    until(lambda: caches.describe_replication_groups()["ReplicationGroups"][0]["Status"] == "available")
    caches.modify_replication_group(**change, AuthTokenUpdateStrategy="SET")
    until(lambda: "WRONGPASS" in redis(simulator, made, f"AUTH {TOKEN}"))


def test_an_endpoint_is_gone_with_its_instance(simulator: Simulator, made: dict[str, Any]) -> None:
    rds = simulator.client("rds")
    host = made["database"]["Endpoint"]["Address"]
    for name in ("replica", "main"):
        until(lambda name=name: _is_available(rds, name))
        rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
    until(lambda: not place(simulator, host))
    time.sleep(0.1)
    assert host not in simulator.control("GET", "health")["data_plane"]["stores"]


def _is_available(rds: Any, name: str) -> bool:
    (found,) = rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
    return bool(found["DBInstanceStatus"] == "available")


def test_programs_that_another_account_cannot_reach_are_copied_with_their_libraries(tmp_path: Path) -> None:
    closed, directory = tmp_path / "closed", tmp_path / "server"
    programs, libraries = closed / "package" / "pginstall" / "bin", closed / "package.libs"
    for folder in (programs, libraries, directory):
        folder.mkdir(parents=True)
    (programs / "initdb").touch()
    (libraries / "libpq.so").touch()
    closed.chmod(0o700)

    copied = binaries.reachable(programs, 12345, directory)

    assert (copied / "initdb").exists()
    assert (copied.parents[2] / "package.libs" / "libpq.so").exists()
    assert directory in copied.parents
    assert binaries.reachable(programs, -1, directory) == programs
