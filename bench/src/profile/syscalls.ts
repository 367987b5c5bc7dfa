/** Which system calls a program makes, counted by strace. */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface SyscallCount {
  readonly name: string;
  readonly calls: number;
  readonly errors: number;
}

/** Reads the summary of `strace -c`, the most frequent call first. */
export function parseStrace(text: string): SyscallCount[] {
  return text
    .split('\n')
    .flatMap((line) => {
      const match = /^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:(\d+)\s+)?([a-z_0-9]+)\s*$/.exec(line);
      if (!match || match[3] === 'total') return [];
      return [{ name: match[3]!, calls: Number(match[1]), errors: Number(match[2] ?? 0) }];
    })
    .sort((a, b) => b.calls - a.calls);
}

/** Whether strace is there. */
export function canTrace(): boolean {
  return spawnSync('strace', ['-V'], { stdio: 'ignore' }).status === 0;
}

/** Counts the calls of all threads of a process until `stop`; strace slows it down a lot. `file`: where strace writes. */
export async function traceSyscalls(pid: number, file: string): Promise<{ stop(): Promise<SyscallCount[]> }> {
  const child = spawn('strace', ['-c', '-f', '-q', '-p', String(pid), '-o', file], { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('close', resolve));
  await new Promise((resolve) => setTimeout(resolve, 500));
  return {
    stop: async () => {
      child.kill('SIGINT');
      await ended;
      return parseStrace(readFileSync(file, 'utf8'));
    },
  };
}
