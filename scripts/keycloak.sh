#!/bin/sh
# Prints two folders, one a line: a Keycloak that is built for an H2 file, and such a file with our realm in it. Makes what is missing;
# quick when nothing is. Each test runs on a copy of the file. Nothing of it is for production.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
VERSION=26.7.3
tools=$root/.tools/keycloak
home=$tools/keycloak-$VERSION
realm=$root/auth-sidecar/keycloak/realm.json
database=$tools/database-$VERSION-$(cat "$realm" "$0" | cksum | cut -d' ' -f1)

say() { printf '\033[36mkeycloak\033[0m %s\n' "$*" >&2; }

done_already() { [ -f "$home/.built" ] && [ -f "$database/keycloakdb.mv.db" ]; }
answer() { printf '%s\n%s\n' "$home" "$database"; }

install_java() {
  missing=
  command -v java >/dev/null 2>&1 || missing=openjdk-17-jre-headless
  command -v mvn >/dev/null 2>&1 || missing="$missing maven"
  [ -z "$missing" ] && return 0
  say "installing $missing …"
  # shellcheck disable=SC2086
  { apt-get install -y --no-install-recommends $missing || { apt-get update && apt-get install -y --no-install-recommends $missing; }; } >&2
}

fetch() {
  archive=$HOME/.m2/repository/org/keycloak/keycloak-quarkus-dist/$VERSION/keycloak-quarkus-dist-$VERSION.tar.gz
  [ -f "$archive" ] || mvn -q -B -ntp "-Dmaven.repo.local=$HOME/.m2/repository" dependency:get "-Dartifact=org.keycloak:keycloak-quarkus-dist:$VERSION:tar.gz" -Dtransitive=false >&2
  tar xzf "$archive" -C "$tools"
}

export JAVA_OPTS='-Xms64m -Xmx512m -XX:MetaspaceSize=96M -XX:MaxMetaspaceSize=256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dfile.encoding=UTF-8'

build() {
  say "building it for an H2 file (once) …"
  "$home/bin/kc.sh" build --db=dev-file >&2
  touch "$home/.built"
}

# One start with the realm file in place writes the tables, the realm and an administrator.
prepare() {
  say "importing the realm (once) …"
  unfinished=$database.unfinished
  rm -rf "$unfinished"
  mkdir -p "$unfinished" "$home/data/import"
  cp "$realm" "$home/data/import/"
  log=$unfinished/log
  KC_BOOTSTRAP_ADMIN_USERNAME=admin KC_BOOTSTRAP_ADMIN_PASSWORD=admin KC_DB_URL="jdbc:h2:file:$unfinished/keycloakdb;NON_KEYWORDS=VALUE" \
    "$home/bin/kc.sh" start --optimized --import-realm --http-enabled=true --http-host=127.0.0.1 --http-port=0 --hostname-strict=false --cache=local >"$log" 2>&1 &
  server=$!
  trap 'kill $server 2>/dev/null' EXIT INT TERM
  waited=0
  until grep -q 'Listening on' "$log"; do
    kill -0 $server 2>/dev/null || { cat "$log" >&2; exit 1; }
    waited=$((waited + 1))
    [ $waited -lt 300 ] || { cat "$log" >&2; exit 1; }
    sleep 1
  done
  kill $server
  wait $server || true
  trap - EXIT INT TERM
  rm -rf "$home/data/import"
  # Those of earlier realms.
  rm -rf "$tools/database-"*[0-9]
  mv "$unfinished" "$database"
}

if done_already; then answer; exit 0; fi
mkdir -p "$tools"
# Several test workers may come here at once: one makes it, the others wait.
if [ -z "${GATEHOUSE_KEYCLOAK_LOCKED:-}" ] && command -v flock >/dev/null 2>&1; then
  GATEHOUSE_KEYCLOAK_LOCKED=1 exec flock "$tools/lock" "$0"
fi
say "the tests need a Keycloak: fetching $VERSION (once, 176 MB) …"
install_java
[ -x "$home/bin/kc.sh" ] || fetch
[ -f "$home/.built" ] || build
[ -f "$database/keycloakdb.mv.db" ] || prepare
answer
