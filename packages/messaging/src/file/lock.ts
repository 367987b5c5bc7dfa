/**
 * One process per directory. The lock is a Unix socket that listens: the kernel lets go of it when the process dies, however it dies,
 * and it holds between containers of one machine that share a volume, where process ids mean nothing.
 *
 * Each process that wants the directory listens under a name of its own, then asks all others. Names are never used twice, so one that
 * does not answer can be taken away without harm to anybody.
 */
import { createHash, randomUUID } from 'node:crypto';
import fs from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OutboxDirectoryError } from '../errors.js';

/** Longest address of a Unix socket on all systems. */
const ADDRESS_MAX = 100;
const NAME_LENGTH = 'lock.01234567'.length + 2;
const ASK_MS = 1_000;
const WAIT_MS = 10;
const WAITS = 200;

export interface DirectoryLock {
  release(): Promise<void>;
}

type State = 'claiming' | 'held' | 'dead';

/** Where the sockets of a directory stand: in it, or elsewhere when its name is too long for an address. */
async function lockPlace(directory: string): Promise<{ folder: string; prefix: string }> {
  const real = await fs.realpath(directory);
  if (real.length + NAME_LENGTH <= ADDRESS_MAX) return { folder: real, prefix: 'lock.' };
  return { folder: os.tmpdir(), prefix: `gatehouse-${createHash('sha256').update(real).digest('hex').slice(0, 16)}.` };
}

/** What the process behind a socket says of itself. One that says nothing, but is there, holds the lock. */
function ask(address: string): Promise<State> {
  return new Promise((resolve) => {
    const socket = net.connect(address).setTimeout(ASK_MS);
    socket.once('data', (data) => resolve(String(data) === 'claiming' ? 'claiming' : 'held'));
    socket.once('timeout', () => resolve('held')).once('error', () => resolve('dead'));
    socket.once('close', () => resolve('held'));
    for (const end of ['data', 'timeout'] as const) socket.once(end, () => socket.destroy());
  });
}

class Claim implements DirectoryLock {
  private state: State = 'claiming';
  private readonly name: string;
  private readonly server = net.createServer((socket) => void socket.on('error', () => socket.destroy()).end(this.state));

  constructor(
    private readonly directory: string,
    private readonly folder: string,
    private readonly prefix: string,
  ) {
    this.name = prefix + randomUUID().slice(0, 8);
  }

  /** Listens, and then has its name, so that nobody finds a socket that does not listen yet. */
  async announce(): Promise<void> {
    const early = path.join(this.folder, `.${this.name}`);
    await new Promise<void>((resolve, reject) => this.server.once('error', reject).listen(early, resolve));
    this.server.unref();
    await fs.rename(early, path.join(this.folder, this.name));
  }

  /**
   * Asks the others. Of two that claim at once the first by name waits what becomes of the other, which gives up if it has heard of it.
   * @throws OutboxDirectoryError
   */
  async settle(): Promise<void> {
    for (let i = 0; i < WAITS; i++) {
      const states = await Promise.all((await this.others()).map((other) => this.stateOf(other)));
      if (states.includes('held')) break;
      if (!states.includes('claiming')) {
        this.state = 'held';
        return;
      }
      await sleep(WAIT_MS);
    }
    throw new OutboxDirectoryError('OUTBOX_IN_USE', this.directory, 'another process uses it');
  }

  async release(): Promise<void> {
    await fs.rm(path.join(this.folder, this.name), { force: true });
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async others(): Promise<string[]> {
    return (await fs.readdir(this.folder)).filter((name) => name.startsWith(this.prefix) && name !== this.name);
  }

  private async stateOf(other: string): Promise<State> {
    const address = path.join(this.folder, other);
    const state = await ask(address);
    if (state === 'dead') await fs.rm(address, { force: true });
    return state === 'claiming' && other < this.name ? 'held' : state;
  }
}

/**
 * Takes a directory, which must exist.
 * @throws OutboxDirectoryError OUTBOX_IN_USE when a live process has it
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const { folder, prefix } = await lockPlace(directory);
  const claim = new Claim(directory, folder, prefix);
  try {
    await claim.announce();
    await claim.settle();
    return claim;
  } catch (error) {
    await claim.release();
    throw error;
  }
}
