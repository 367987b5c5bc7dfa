#!/bin/sh
# Prints the path of a Chromium for the browser tests; installs one when this machine has none. Quick when it has.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)

say() { printf '\033[36mchromium\033[0m %s\n' "$*" >&2; }

found() {
  for name in "${GATEHOUSE_CHROMIUM:-}" chromium chromium-browser google-chrome /usr/bin/chromium; do
    [ -n "$name" ] && command -v "$name" 2>/dev/null && return 0
  done
  return 1
}

install_apt() {
  command -v apt-get >/dev/null 2>&1 || return 1
  sudo=
  [ "$(id -u)" = 0 ] || { command -v sudo >/dev/null 2>&1 && sudo='sudo -n' || return 1; }
  install="$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium fonts-liberation"
  { $install || { $sudo apt-get update && $install; }; } >&2
}

found && exit 0
mkdir -p "$root/.tools"
# Several test workers may come here at once: one installs, the others wait for it.
if [ -z "${GATEHOUSE_CHROMIUM_LOCKED:-}" ] && command -v flock >/dev/null 2>&1; then
  GATEHOUSE_CHROMIUM_LOCKED=1 exec flock "$root/.tools/chromium.lock" "$0"
fi
say "the browser tests need a Chromium: installing one (once) …"
install_apt || { say "could not: install chromium by hand, or set GATEHOUSE_CHROMIUM"; exit 1; }
found
