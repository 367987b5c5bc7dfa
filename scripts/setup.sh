#!/bin/sh
# Installs what is missing: a Node that is new enough, then the npm packages of the lockfile. Quick when nothing is.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
node_missing=
. "$root/scripts/node-env.sh"

NODE_VERSION=24.21.0

say() {
  if [ -t 2 ] && [ -z "${NO_COLOR:-}" ]; then printf '\033[36msetup\033[0m %s\n' "$*" >&2; else printf 'setup %s\n' "$*" >&2; fi
}

install_node() {
  command -v npm >/dev/null 2>&1 || { say "npm was not found: install Node 20 or later, then run this again"; exit 1; }
  os=$(uname -s | tr '[:upper:]' '[:lower:]')
  case "$(uname -m)" in
    x86_64 | amd64) arch=x64 ;;
    aarch64 | arm64) arch=arm64 ;;
    *) say "no Node package for $(uname -m): install Node 22.22 or later by hand"; exit 1 ;;
  esac
  package=node-$os-$arch
  [ "$os" = darwin ] && { package=node-bin-darwin-$arch; NODE_VERSION=24.18.1; }
  say "this machine's Node is older than 22.22: fetching Node $NODE_VERSION from npm (once, about 40 MB) …"
  mkdir -p "$root/.tools"
  npm install --silent --no-audit --no-fund --no-save --ignore-scripts --prefix "$root/.tools/npm" "$package@$NODE_VERSION"
  ln -sfn "npm/node_modules/$package" "$root/.tools/node"
  PATH="$root/.tools/node/bin:$PATH"
  export PATH
}

[ -z "$node_missing" ] || install_node

stamp="$root/node_modules/.gatehouse-stamp"
want=$(cksum <"$root/package-lock.json" | cut -d' ' -f1)-$(node -p process.version)
# Not `npm ci`: it refuses a lockfile that lacks the optional packages of other operating systems.
if [ "$(cat "$stamp" 2>/dev/null)" != "$want" ]; then
  say "installing npm packages …"
  (cd "$root" && npm install --no-save --no-audit --no-fund --loglevel=error)
  printf '%s' "$want" >"$stamp"
fi
