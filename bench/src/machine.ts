/** What the figures were measured on. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import { round } from './stats.js';
import type { Machine } from './types.js';

function systemName(): string {
  try {
    return /^PRETTY_NAME="?([^"\n]+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? os.type();
  } catch {
    return os.type();
  }
}

/** First words of `wrk -v`, which ends with code 1. */
function wrkVersion(): string {
  const text = execFileSync('/bin/sh', ['-c', 'wrk -v 2>&1; true'], { encoding: 'utf8' });
  return /^wrk (\S+)/.exec(text)?.[0] ?? 'wrk';
}

/** Describes the machine; nothing that names it. */
export function describeMachine(otherCores: number): Machine {
  const cores = os.cpus();
  return {
    processor: cores[0]?.model.trim() ?? 'unknown',
    cores: cores.length,
    memoryGiB: round(os.totalmem() / 2 ** 30, 1),
    system: systemName(),
    kernel: os.release(),
    node: process.version,
    loadGenerator: wrkVersion(),
    otherCores,
  };
}

/** The commit of the working tree, with `+` when files of the product or the bench differ from it. */
export function commitOf(root: string): string {
  const git = (...args: string[]): string => execFileSync('git', ['-C', root, ...args], { encoding: 'utf8', stdio: 'pipe' }).trim();
  try {
    const dirty = git('status', '--porcelain', '--', 'gateway', 'packages', 'bench', 'plugins') !== '';
    return git('rev-parse', '--short=10', 'HEAD') + (dirty ? '+' : '');
  } catch {
    return 'unknown';
  }
}
