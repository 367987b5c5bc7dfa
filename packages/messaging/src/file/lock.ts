/**
 * One process per directory. The lock is a Unix socket that listens: the kernel lets go of it when the process dies, however it dies,
 * and it holds between containers of one machine that share a volume, where process ids mean nothing.
 */
import { createHash, randomUUID } from 'node:crypto';
import fs from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { OutboxDirectoryError } from '../errors.js';

/** Longest address of a Unix socket on all systems. */
const ADDRESS_MAX = 100;
const TRIES = 5;

export interface DirectoryLock {
  release(): Promise<void>;
}

function listen(address: string): Promise<net.Server> {
  return new Promise((resolve, reject) => {
    const server = net.createServer((socket) => socket.destroy()).once('error', reject);
    server.listen(address, () => resolve(server.unref()));
  });
}

/** Whether somebody listens there. */
function isAlive(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(address, () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** Where the locks of a directory stand: in it, or elsewhere when its name is too long for an address. */
async function lockAddress(directory: string): Promise<string> {
  const inside = path.join(await fs.realpath(directory), 'lock');
  const digest = createHash('sha256').update(inside).digest('hex').slice(0, 16);
  return inside.length + 9 <= ADDRESS_MAX ? inside : path.join(os.tmpdir(), `gatehouse-${digest}`);
}

/**
 * Takes a directory, which must exist.
 * @throws OutboxDirectoryError OUTBOX_IN_USE when a live process has it
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const address = await lockAddress(directory);
  const own = `${address}.${randomUUID().slice(0, 8)}`;
  const server = await listen(own);
  const close = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
  try {
    for (let i = 0; i < TRIES; i++) {
      if (await linked(own, address)) return { release: () => release(address, own, close) };
      if (await isAlive(address)) break;
      await fs.rm(address, { force: true });
    }
  } catch (error) {
    await close();
    throw error;
  }
  await close();
  throw new OutboxDirectoryError('OUTBOX_IN_USE', directory, 'another process uses it');
}

/** Gives the own socket the lock's name, which only one can have. */
async function linked(own: string, address: string): Promise<boolean> {
  try {
    await fs.link(own, address);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function release(address: string, own: string, close: () => Promise<void>): Promise<void> {
  await fs.rm(address, { force: true });
  // Closing takes the own name away too.
  await close();
  await fs.rm(own, { force: true });
}
