// Before the tests that need real parts: chooses who provides them, and finds a Redis server or installs it once, so that no test's
// own time is spent on that. (The stack that a test starts takes the program itself, whoever provides the others.)
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { settle } from './parts/choice.ts';

export default async function setup() {
  const providers = await settle();
  const contained = Object.keys(providers).filter((part) => providers[part] === 'containers');
  if (contained.length > 0) process.stderr.write(`in containers: ${contained.join(', ')}\n`);
  execFileSync(path.resolve(import.meta.dirname, '../../scripts/redis-server.sh'), { stdio: ['ignore', 'ignore', 'inherit'] });
}
