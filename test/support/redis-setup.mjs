// Before the tests that need a Redis server: finds one, or installs it once, so that no test's own time is spent on that.
import { execFileSync } from 'node:child_process';
import path from 'node:path';

export default function setup() {
  execFileSync(path.resolve(import.meta.dirname, '../../scripts/redis-server.sh'), { stdio: ['ignore', 'ignore', 'inherit'] });
}
