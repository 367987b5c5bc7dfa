#!/bin/sh
# Starts Kong with our settings, and lets its plugin servers see the environment: nginx hides it from what it starts unless each name
# is listed. Secrets are read by them alone, by name (`env:…`, `file:…`), and never stand in a configuration.
set -eu
names=$(env | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/\1/p' | grep -v '^KONG_' | grep -vx 'PWD\|OLDPWD\|SHLVL\|_' | sort -u)
directives=$(printf '%s' "$names" | tr '\n' ' ' | sed 's/ *$//; s/ /; env /g')
[ -z "$directives" ] || export KONG_NGINX_MAIN_ENV="$directives; env KONG_PREFIX"
exec "$@"
