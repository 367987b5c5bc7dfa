# Sourced by the other scripts: puts a Node that is new enough first in PATH.
# The machine's own Node is used when it is at least 22.22; else the one that setup.sh installed into .tools/.
# $root must be set to the repository's top.
node_is_new_enough() {
  command -v "$1" >/dev/null 2>&1 || return 1
  version=$("$1" --version 2>/dev/null) || return 1
  version=${version#v}
  major=${version%%.*}
  rest=${version#*.}
  minor=${rest%%.*}
  [ "$major" -gt 22 ] || { [ "$major" -eq 22 ] && [ "$minor" -ge 22 ]; }
}

if [ -x "$root/.tools/node/bin/node" ]; then
  PATH="$root/.tools/node/bin:$PATH"
  export PATH
elif ! node_is_new_enough node; then
  node_missing=1
fi
