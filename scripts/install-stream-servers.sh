#!/usr/bin/env bash
# Installs the receivers to which test/servers sends streams: rsyslog with TLS, and nats-server.
# Needs Debian or Ubuntu, and root or sudo. Does nothing if all are installed. Starts no service, because the tests start the servers.
set -euo pipefail

PATH="$PATH:/usr/sbin"
has_rsyslog() { command -v rsyslogd >/dev/null && ls /usr/lib/*/rsyslog/lmnsd_gtls.so >/dev/null 2>&1; }
has_nats() { command -v nats-server >/dev/null; }
if has_rsyslog && has_nats; then exit 0; fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null || ! command -v apt-get >/dev/null; then
    echo 'Install rsyslog, rsyslog-gnutls and nats-server, then run npm run test:long -- servers again.' >&2
    exit 1
  fi
  as_root=(sudo)
fi
export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
"${as_root[@]}" apt-get update -q
"${as_root[@]}" apt-get install -y -q --no-install-recommends rsyslog rsyslog-gnutls nats-server
