/** What the file store asks of a file system, so that a test can fill the disk. */
import fs from 'node:fs/promises';
import path from 'node:path';

/** An open file. */
export interface OpenFile {
  /** Writes all of it at a position. */
  write(data: Buffer, position: number): Promise<void>;
  /** Returns when the data would survive a loss of power. */
  sync(): Promise<void>;
  truncate(bytes: number): Promise<void>;
  close(): Promise<void>;
}

export interface Files {
  /** Names in a directory, which is made (for its owner alone) when missing. */
  list(directory: string): Promise<string[]>;
  read(file: string): Promise<Buffer>;
  /** Opens for writing. @param fresh fails when it exists */
  open(file: string, fresh: boolean): Promise<OpenFile>;
  remove(file: string): Promise<void>;
  /** Makes names that were added or removed survive a loss of power. */
  syncDirectory(directory: string): Promise<void>;
}

class NodeFile implements OpenFile {
  constructor(private readonly handle: fs.FileHandle) {}

  async write(data: Buffer, position: number): Promise<void> {
    for (let done = 0; done < data.length; ) {
      const { bytesWritten } = await this.handle.write(data, done, data.length - done, position + done);
      done += bytesWritten;
    }
  }

  sync(): Promise<void> {
    return this.handle.datasync();
  }

  truncate(bytes: number): Promise<void> {
    return this.handle.truncate(bytes);
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

/** The machine's file system. Files are readable for their owner alone: events name people. */
export const nodeFiles: Files = {
  async list(directory) {
    await fs.mkdir(directory, { recursive: true, mode: 0o700 });
    return fs.readdir(directory);
  },
  read: (file) => fs.readFile(file),
  async open(file, fresh) {
    const { O_WRONLY, O_CREAT, O_EXCL } = fs.constants;
    return new NodeFile(await fs.open(path.resolve(file), O_WRONLY | O_CREAT | (fresh ? O_EXCL : 0), 0o600));
  },
  remove: (file) => fs.rm(file, { force: true }),
  async syncDirectory(directory) {
    const handle = await fs.open(directory, 'r');
    await handle.sync().finally(() => handle.close());
  },
};
