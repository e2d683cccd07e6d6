# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""PostgreSQL's parameters on RDS, as far as the platform and its neighbours set them."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Parameter:
    """One parameter; `allowed` is written as RDS writes it: a range `0-10`, a list `a,b`, or empty for any text."""

    static: bool
    kind: str
    allowed: str = ""
    default: str | None = None
    modifiable: bool = True

    def allows(self, value: str) -> bool:
        if not self.allowed:
            return True
        ranged = re.fullmatch(r"(-?\d+)-(\d+)", self.allowed)
        if ranged:
            if "{" in value:  # a formula on the instance's memory, such as {DBInstanceClassMemory/8192}
                return True
            number = re.fullmatch(r"-?\d+", value)
            return number is not None and int(ranged[1]) <= int(value) <= int(ranged[2])
        allowed = self.allowed.split(",")
        return all(part.strip() in allowed for part in value.split(",")) if self.kind == "list" else value in allowed

    def shown(self, name: str) -> dict[str, object]:
        """As DescribeDBParameters shows it when nobody set it."""
        item: dict[str, object] = {
            "ParameterName": name,
            "Description": name.replace("_", " ").replace(".", " "),
            "Source": "engine-default" if self.default is None else "system",
            "ApplyType": "static" if self.static else "dynamic",
            "DataType": self.kind,
            "IsModifiable": self.modifiable,
            "ApplyMethod": "pending-reboot",
        }
        if self.allowed:
            item["AllowedValues"] = self.allowed
        if self.default is not None:
            item["ParameterValue"] = self.default
        return item


def _static(kind: str, allowed: str = "", default: str | None = None) -> Parameter:
    return Parameter(True, kind, allowed, default)


def _dynamic(kind: str, allowed: str = "", default: str | None = None) -> Parameter:
    return Parameter(False, kind, allowed, default)


_MS = "-1-2147483647"
_LEVELS = "debug5,debug4,debug3,debug2,debug1,info,notice,warning,error,log,fatal,panic"
_LIBRARIES = "auto_explain,orafce,pgaudit,pglogical,pg_bigm,pg_cron,pg_hint_plan,pg_prewarm,pg_similarity,"
_LIBRARIES += "pg_stat_statements,pg_tle,pg_transport,plprofiler,plrust"

POSTGRES: dict[str, Parameter] = {
    "application_name": _dynamic("string"),
    "auto_explain.log_min_duration": _dynamic("integer", _MS),
    "autovacuum": _dynamic("boolean", "0,1", "1"),
    "autovacuum_max_workers": _static("integer", "1-262143"),
    "autovacuum_naptime": _dynamic("integer", "1-2147483"),
    "autovacuum_vacuum_cost_limit": _dynamic("integer", "-1-10000"),
    "autovacuum_vacuum_scale_factor": _dynamic("float"),
    "checkpoint_completion_target": _dynamic("float"),
    "checkpoint_timeout": _dynamic("integer", "30-86400"),
    "client_encoding": _dynamic("string"),
    "deadlock_timeout": _dynamic("integer", "1-2147483647"),
    "default_statistics_target": _dynamic("integer", "1-10000"),
    "effective_cache_size": _dynamic("integer", "1-2147483647", "{DBInstanceClassMemory/16384}"),
    "hot_standby_feedback": _dynamic("boolean", "0,1"),
    "huge_pages": _static("string", "on,off,try", "on"),
    "idle_in_transaction_session_timeout": _dynamic("integer", "0-2147483647", "86400000"),
    "idle_session_timeout": _dynamic("integer", "0-2147483647"),
    "lock_timeout": _dynamic("integer", "0-2147483647"),
    "log_autovacuum_min_duration": _dynamic("integer", _MS, "10000"),
    "log_checkpoints": _dynamic("boolean", "0,1", "1"),
    "log_connections": _dynamic("boolean", "0,1"),
    "log_disconnections": _dynamic("boolean", "0,1"),
    "log_duration": _dynamic("boolean", "0,1"),
    "log_error_verbosity": _dynamic("string", "terse,default,verbose"),
    "log_hostname": _dynamic("boolean", "0,1"),
    "log_lock_waits": _dynamic("boolean", "0,1"),
    "log_min_duration_statement": _dynamic("integer", _MS),
    "log_min_error_statement": _dynamic("string", _LEVELS),
    "log_min_messages": _dynamic("string", _LEVELS),
    "log_statement": _dynamic("string", "none,ddl,mod,all"),
    "log_temp_files": _dynamic("integer", _MS),
    "log_timezone": _dynamic("string"),
    "maintenance_work_mem": _dynamic(
        "integer", "1024-2147483647", "GREATEST({DBInstanceClassMemory*1024/63963136},65536)"
    ),
    "max_connections": _static("integer", "6-262143", "LEAST({DBInstanceClassMemory/9531392},5000)"),
    "max_locks_per_transaction": _static("integer", "10-2147483647"),
    "max_parallel_workers": _dynamic("integer", "0-1024"),
    "max_prepared_transactions": _static("integer", "0-262143"),
    "max_replication_slots": _static("integer", "5-1000", "20"),
    "max_wal_senders": _static("integer", "5-1000", "20"),
    "max_wal_size": _dynamic("integer", "128-201326592"),
    "max_worker_processes": _static("integer", "0-262143"),
    "min_wal_size": _dynamic("integer", "128-201326592"),
    "password_encryption": _dynamic("string", "md5,scram-sha-256"),
    "pg_stat_statements.max": _static("integer", "100-2147483647"),
    "pg_stat_statements.track": _dynamic("string", "none,top,all"),
    "pgaudit.log": _dynamic(
        "list", "ddl,function,misc,read,role,write,none,all,-ddl,-function,-misc,-read,-role,-write"
    ),
    "random_page_cost": _dynamic("float"),
    "rds.accepted_password_auth_method": _dynamic("string", "md5+scram,scram"),
    "rds.allowed_extensions": _dynamic("string"),
    "rds.force_admin_logging_level": _dynamic("string", "disabled,debug5,debug1,info,notice,warning,error,log"),
    "rds.force_autovacuum_logging_level": _dynamic("string", "disabled,debug5,debug1,info,notice,warning,error,log"),
    "rds.force_ssl": _dynamic("boolean", "0,1", "1"),
    "rds.log_retention_period": _dynamic("integer", "1440-10080", "4320"),
    "rds.logical_replication": _static("boolean", "0,1", "0"),
    "rds.rds_superuser_reserved_connections": _static("integer", "0-8388607"),
    "shared_buffers": _static("integer", "16-1073741823", "{DBInstanceClassMemory/32768}"),
    "shared_preload_libraries": _static("list", _LIBRARIES, "pg_stat_statements"),
    "ssl": Parameter(True, "boolean", "0,1", "1", modifiable=False),
    "ssl_max_protocol_version": _dynamic("string", "TLSv1,TLSv1.1,TLSv1.2,TLSv1.3"),
    "ssl_min_protocol_version": _dynamic("string", "TLSv1,TLSv1.1,TLSv1.2,TLSv1.3", "TLSv1.2"),
    "statement_timeout": _dynamic("integer", "0-2147483647"),
    "synchronous_commit": _dynamic("string", "local,on,off"),
    "tcp_keepalives_count": _dynamic("integer", "0-2147483647"),
    "tcp_keepalives_idle": _dynamic("integer", "0-2147483647"),
    "tcp_keepalives_interval": _dynamic("integer", "0-2147483647"),
    "temp_file_limit": _dynamic("integer", _MS),
    "timezone": _dynamic("string"),
    "track_activities": _dynamic("boolean", "0,1"),
    "track_activity_query_size": _static("integer", "100-1048576"),
    "track_functions": _dynamic("string", "none,pl,all"),
    "track_io_timing": _dynamic("boolean", "0,1"),
    "wal_buffers": _static("integer", "-1-262143"),
    "wal_compression": _dynamic("boolean", "0,1"),
    "work_mem": _dynamic("integer", "64-2147483647"),
}
