/** A real Chromium for a test; installed when it is missing. Development certificates and *.localhost names are fine with it. */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const root = path.resolve(import.meta.dirname, '../..');

/** Starts one with no window. The caller closes it. */
export function startChromium(): Promise<Browser> {
  const executablePath = execFileSync(path.join(root, 'scripts/chromium.sh'), { encoding: 'utf8' }).trim().split('\n').at(-1)!;
  // No sandbox: tests often run as root, where it can not be had.
  return chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--host-resolver-rules=MAP *.localhost 127.0.0.1'],
  });
}
