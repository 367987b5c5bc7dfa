/** Two named pipes to a process, written and read without events: its answer is there when the call returns. */

import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

/** The process is gone. */
export class PipeClosedError extends Error {
  readonly code = 'PIPE_CLOSED';
}

const READ_SIZE = 262_144;
const END = '.';

/** Opens both ends of a pipe; the first is held open meanwhile, or each would wait for the other. */
function openEnds(file: string): { read: number; write: number } {
  const both = fs.openSync(file, 'r+');
  const ends = { read: fs.openSync(file, 'r'), write: fs.openSync(file, 'w') };
  fs.closeSync(both);
  return ends;
}

export class LinePipe {
  readonly child: ChildProcess;
  private readonly input: number;
  private readonly output: number;
  private readonly buffer = Buffer.alloc(READ_SIZE);
  private open = true;

  /** @param folder where the pipes are made and removed again */
  constructor(folder: string, command: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    const names = ['in', 'out'].map((name) => path.join(folder, `lua-${process.pid}-${Math.random().toString(36).slice(2)}.${name}`));
    execFileSync('mkfifo', names);
    const [input, output] = names.map(openEnds) as [ReturnType<typeof openEnds>, ReturnType<typeof openEnds>];
    this.child = spawn(command, args, { env, stdio: [input.read, output.write, 'pipe'] });
    fs.closeSync(input.read);
    fs.closeSync(output.write);
    for (const name of names) fs.rmSync(name);
    this.input = input.write;
    this.output = output.read;
  }

  /**
   * Sends a line and waits for those that answer it.
   * @param line one character per byte
   * @throws PipeClosedError
   */
  exchange(line: string): string[] {
    if (!this.open) throw new PipeClosedError('the process is gone');
    try {
      this.write(Buffer.from(`${line}\n`, 'latin1'));
    } catch (error) {
      this.close();
      throw new PipeClosedError('the process is gone', { cause: error });
    }
    let text = '';
    while (!(text === `${END}\n` || text.endsWith(`\n${END}\n`))) text += this.read();
    return text.slice(0, -2).split('\n').slice(0, -1);
  }

  close(): void {
    if (!this.open) return;
    this.open = false;
    fs.closeSync(this.input);
    fs.closeSync(this.output);
  }

  private write(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) at += fs.writeSync(this.input, bytes, at);
  }

  private read(): string {
    const count = fs.readSync(this.output, this.buffer);
    if (count > 0) return this.buffer.toString('latin1', 0, count);
    this.close();
    throw new PipeClosedError('the process is gone');
  }
}
