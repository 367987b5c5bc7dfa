#!/bin/sh
# Measures the embedded plane beside other gateways: installs the peers, builds, runs.
#   make bench [SCENARIO=bare-proxy] [ROUNDS=7] [SECONDS=3] [CONNECTIONS=50] [ONLY=gatehouse,envoy] [OUT=docs/bench]
set -eu
for option in "$@"; do
  case $option in
    [A-Z_]*=*) export "$option" ;;
    *) echo "bench: options are NAME=VALUE, not $option" >&2; exit 2 ;;
  esac
done
# First of all, because some shells count in a variable of this name.
BENCH_SECONDS=$(printenv SECONDS || true)
export BENCH_SECONDS
root=$(cd "$(dirname "$0")/.." && pwd)
"$root/scripts/setup.sh"
. "$root/scripts/node-env.sh"
"$root/bench/install.sh"
"$root/scripts/run" tsc -b "$root/gateway" "$root/bench" >&2
exec node "$root/bench/dist/main.js"
