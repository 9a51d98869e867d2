#!/usr/bin/env bash
# Installs what some tests need in addition to the embedded PostgreSQL: a PostgreSQL with pg_dump and pg_restore, pgbouncer, Go with x/mod,
# and Prometheus' promtool.
# Needs Debian or Ubuntu, and root or sudo. Does nothing if all are installed.
set -euo pipefail

has_postgresql() { ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; }
has_pgbouncer() { PATH="$PATH:/usr/sbin" command -v pgbouncer >/dev/null; }
has_go() { command -v go >/dev/null && [ -d /usr/share/gocode/src/golang.org/x/mod ]; }
has_promtool() { command -v promtool >/dev/null; }
if has_postgresql && has_pgbouncer && has_go && has_promtool; then exit 0; fi

as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
export DEBIAN_FRONTEND=noninteractive
# The packages must not start a server, because the tests start the servers.
"${as_root[@]}" mkdir -p /etc/postgresql-common/createcluster.d
echo 'create_main_cluster = false' | "${as_root[@]}" tee /etc/postgresql-common/createcluster.d/tests.conf >/dev/null
"${as_root[@]}" apt-get update -q
"${as_root[@]}" apt-get install -y -q --no-install-recommends postgresql pgbouncer golang-go golang-golang-x-mod-dev

# Installs only the program promtool from the package, and starts no service. Without it, only the checks by promtool are skipped.
install_promtool() {
  local folder
  folder=$(mktemp -d)
  cd "$folder"
  apt-get download -q prometheus
  dpkg-deb --extract prometheus_*.deb .
  "${as_root[@]}" install usr/bin/promtool /usr/local/bin/
  rm -r "$folder"
}
has_promtool || (install_promtool) || echo 'Left out: promtool is not to be had.' >&2
