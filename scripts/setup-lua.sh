#!/bin/sh
# Installs what the tests of our Lua need: LuaJIT, two Lua packages that Kong has built in, and luacheck. Quick when they are there.
set -eu
have() { command -v luajit >/dev/null 2>&1 && command -v luacheck >/dev/null 2>&1 && luajit -e 'require "cjson"; require "MessagePack"' 2>/dev/null; }
have && exit 0
command -v apt-get >/dev/null 2>&1 || { echo "setup: install luajit, luacheck, lua-cjson and lua-messagepack, then run this again" >&2; exit 1; }
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
printf '\033[36msetup\033[0m installing luajit, lua-check, lua-cjson, lua-messagepack …\n' >&2
export DEBIAN_FRONTEND=noninteractive
packages='luajit lua-check lua-cjson lua-messagepack'
# shellcheck disable=SC2086
$sudo apt-get install -y -qq $packages >/dev/null 2>&1 || { $sudo apt-get update -qq >/dev/null && $sudo apt-get install -y -qq $packages >/dev/null; }
have || { echo "setup: LuaJIT does not find cjson and MessagePack" >&2; exit 1; }
