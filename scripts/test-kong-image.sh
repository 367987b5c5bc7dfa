#!/bin/sh
# Builds the image of kong/Dockerfile and runs the contract cases against it, locked down as in production: read-only, no capabilities.
# The container shares the machine's loopback addresses, since every case comes from one of its own and reaches mocks there.
# KONG_FORM chooses the form; further arguments go to jest.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
docker build --file kong/Dockerfile --tag gatehouse-kong . >/dev/null
mkdir -p .run
scripts/run node --disable-warning=ExperimentalWarning scripts/kong-env.mjs --tests >.run/kong-tests.env
id=$(docker run --detach --network host --read-only --tmpfs /tmp --tmpfs /usr/local/kong:mode=1777 --cap-drop ALL \
  --security-opt no-new-privileges:true --env-file kong/kong.env --env-file .run/kong-tests.env \
  --env KONG_TRUSTED_IPS=127.0.0.0/8 --env KONG_PROXY_LISTEN=127.0.0.1:18400 --env KONG_ADMIN_LISTEN=127.0.0.1:18401 \
  --env KONG_STATUS_LISTEN=127.0.0.1:18402 gatehouse-kong)
trap 'docker rm --force "$id" >/dev/null' EXIT
for _ in $(seq 60); do
  [ "$(docker inspect --format '{{.State.Health.Status}}' "$id")" != healthy ] || break
  sleep 1
done
[ "$(docker inspect --format '{{.State.Health.Status}}' "$id")" = healthy ] || { docker logs "$id" >&2; exit 1; }
KONG_URL=http://127.0.0.1:18400 KONG_ADMIN=http://127.0.0.1:18401 scripts/jest -i --selectProjects contract kong "$@"
