// Maps a command to the part that implements it and hands it the rest of the arguments. Only parts' main.ts do the work.
import { enableCompileCache } from 'node:module';

enableCompileCache();

const parts = {
  gateway: ['gateway', 'run the embedded data plane alone'],
  render: ['packages/kong-config', 'write kong.yml (DB-less) or decK files from kong/systems'],
  validate: ['gateway', 'check state files or a kong.yml, naming every fault that a plane would refuse [--target embedded|kong]'],
  schemas: ['plugins', "write what comes from policies' schemas: JSON Schema, Kong schema, README tables [--check]"],
  'plugin-server': ['plugins', 'serve Kong: policies as plugins (PDK lane) and as a policy server (direct lane) [--dump NAME]'],
  limits: ['plugins', 'forget what was counted of somebody: limits reset SYSTEM SUBJECT'],
  breaker: ['plugins', 'circuit breakers: breaker show SYSTEM, breaker open|close SYSTEM SERVICE [--for SECONDS]'],
  'auth-sidecar': ['auth-sidecar', 'sign-in, refresh, logout, API keys and their events'],
  'identity-provider': ['auth-sidecar', 'a small OpenID provider for development, in place of Keycloak'],
  mocks: ['packages/testkit', 'play every service of the five products'],
  start: ['packages/devstack', 'run the whole stack embedded'],
  demo: ['packages/devstack', 'walk through each system with real requests'],
  redis: ['packages/devstack', 'run a Redis for development, found on this machine: nothing on disk'],
  token: ['packages/devstack', 'make a development token: token SYSTEM ROLE [--claim k=v]'],
};

const [command, ...args] = process.argv.slice(2);
const part = Object.hasOwn(parts, command ?? '') ? parts[command] : undefined;

if (!part) {
  const help = command === undefined || command === 'help' || command === '--help' || command === '-h';
  const list = Object.entries(parts).map(([name, [, what]]) => `  ${name.padEnd(13)} ${what}`);
  const text = [help ? 'usage: gatehouse COMMAND [OPTIONS]' : `gatehouse: unknown command "${command}"`, '', ...list].join('\n');
  (help ? console.log : console.error)(text);
  process.exit(help ? 0 : 2);
}

const { main } = await import(`../${part[0]}/dist/main.js`);
await main(command, args);
