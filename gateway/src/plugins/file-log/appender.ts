/** Appends lines to a file without waiting: what comes while a write is under way goes with the next one. */
import fs from 'node:fs';

const PENDING_MAX = 16 * 1024 * 1024;
const MODE = 0o644;

export type Complain = (message: string) => void;

export class Appender {
  private fd: number | null = null;
  private pending: string[] = [];
  private pendingBytes = 0;
  private writing = false;
  private closed = false;
  private lost = 0;

  /** `reopen`: the file is opened anew for each write, so that it can be moved away. */
  constructor(
    private readonly path: string,
    private readonly reopen: boolean,
    private readonly complain: Complain,
  ) {}

  /** Takes a line without its end. Past 16 MiB of waiting lines new ones are dropped. */
  add(line: string): void {
    if (this.pendingBytes + line.length > PENDING_MAX) {
      this.lost++;
      return;
    }
    this.pending.push(line);
    this.pendingBytes += line.length;
    if (!this.writing) {
      this.writing = true;
      queueMicrotask(() => this.flush());
    }
  }

  /** Closes the file once all lines are written. */
  close(): void {
    this.closed = true;
    if (!this.writing) this.release();
  }

  private flush(): void {
    if (this.lost > 0) this.complain(`${this.lost} lines were dropped because ${this.path} is too slow`);
    this.lost = 0;
    const text = `${this.pending.join('\n')}\n`;
    this.pending = [];
    this.pendingBytes = 0;
    const fd = this.open();
    if (fd === null) this.written(null);
    else fs.write(fd, text, (error) => this.written(error));
  }

  private written(error: Error | null): void {
    if (error) {
      this.complain(`failed to write ${this.path}: ${error.message}`);
      this.release();
    }
    if (this.pending.length > 0) {
      this.flush();
      return;
    }
    this.writing = false;
    if (this.closed) this.release();
  }

  private open(): number | null {
    if (this.reopen) this.release();
    try {
      this.fd ??= fs.openSync(this.path, 'a', MODE);
      return this.fd;
    } catch (error) {
      this.complain(`failed to open the file: ${(error as Error).message}`);
      return null;
    }
  }

  private release(): void {
    if (this.fd === null) return;
    fs.closeSync(this.fd);
    this.fd = null;
  }
}
