/** Sees that files changed, whatever way: written in place, renamed over, or a link that points elsewhere (Kubernetes). */
import fs from 'node:fs/promises';
import type { Timers } from '@gatehouse/policy';

/** What a file looks like from outside; another text when it may have changed. */
export type Signature = (file: string) => Promise<string>;

const signatureOf: Signature = async (file) => {
  const stat = await fs.stat(file).catch(() => null);
  return stat ? `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeMs}` : 'none';
};

export class FileWatch {
  private last: string | null = null;
  private changing = false;
  private timer: object | null = null;
  private stopped = false;

  /**
   * @param intervalMs between two looks; a change counts when it held still for one
   * @param changed told once for all files that changed together
   */
  constructor(
    private readonly files: readonly string[],
    private readonly intervalMs: number,
    private readonly changed: () => void,
    private readonly timers: Timers,
    private readonly signature: Signature = signatureOf,
  ) {
    void this.look();
  }

  close(): void {
    this.stopped = true;
    if (this.timer) this.timers.cancel(this.timer);
  }

  private async look(): Promise<void> {
    const now = (await Promise.all(this.files.map((file) => this.signature(file)))).join(' ');
    if (this.stopped) return;
    const moved = this.last !== null && now !== this.last;
    this.last = now;
    if (this.changing && !moved) this.changed();
    this.changing = moved;
    this.timer = this.timers.after(this.intervalMs, () => void this.look());
  }
}
