#!/bin/sh
# Profiles a Node contestant of the bench under the bench's own load: time and allocations by function, and system calls (with strace).
# Prints tables, and writes them with two flame graphs and a .cpuprofile (for Chrome's DevTools or speedscope) to .tools/bench/profiles.
#   [SCENARIO=bare-proxy] [SECONDS=8] [CONNECTIONS=50] [OUT=docs/bench] bench/profile.sh [gatehouse]
set -eu
# First of all, because some shells count in a variable of this name.
BENCH_SECONDS=$(printenv SECONDS || true)
export BENCH_SECONDS
root=$(cd "$(dirname "$0")/.." && pwd)
"$root/scripts/setup.sh"
. "$root/scripts/node-env.sh"
"$root/bench/install.sh"
"$root/scripts/run" tsc -b "$root/gateway" "$root/bench" >&2
exec node "$root/bench/dist/profile/main.js" "$@"
