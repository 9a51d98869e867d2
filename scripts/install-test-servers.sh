#!/usr/bin/env bash
# Installs what some tests run beside the embedded PostgreSQL: a PostgreSQL with pg_dump and pg_restore, and pgbouncer.
# Needs Debian or Ubuntu, and root or sudo. Does nothing where both are installed.
set -euo pipefail

has_postgresql() { ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; }
has_pgbouncer() { PATH="$PATH:/usr/sbin" command -v pgbouncer >/dev/null; }
if has_postgresql && has_pgbouncer; then exit 0; fi

as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
export DEBIAN_FRONTEND=noninteractive
# No server of the packages' own: the tests start theirs.
"${as_root[@]}" mkdir -p /etc/postgresql-common/createcluster.d
echo 'create_main_cluster = false' | "${as_root[@]}" tee /etc/postgresql-common/createcluster.d/tests.conf >/dev/null
"${as_root[@]}" apt-get update -q
"${as_root[@]}" apt-get install -y -q --no-install-recommends postgresql pgbouncer
