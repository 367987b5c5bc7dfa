/** The outbox's store in files of one directory: what is appended is on disk (fsync) before anybody hears so. */
import path from 'node:path';
import { OutboxDirectoryError, StoreError, wordsOf } from '../errors.js';
import type { Log } from '../events.js';
import type { OutboxStore, StoredBatch, StoreSize } from '../outbox/store.js';
import { type Files, nodeFiles, type OpenFile } from './files.js';
import { type DirectoryLock, lockDirectory } from './lock.js';
import { decodeMark, encodeMark } from './log-format.js';
import { Segment, type SizedRecord } from './segment.js';

export interface FileStoreOptions {
  /** Of this process alone; made when missing. */
  readonly directory: string;
  readonly log: Log;
  /** Most events that are kept; default 100 000. */
  readonly maxEvents?: number;
  /** Most bytes of undelivered events; default 64 MiB. Delivered ones take up to one segment more. */
  readonly maxBytes?: number;
  /** A file is ended when it has so many bytes; default 1 MiB. One or two are in memory. */
  readonly segmentBytes?: number;
  readonly files?: Files;
}

const MARK = 'acked';

interface FileBatch extends StoredBatch {
  readonly upTo: number;
}

/**
 * Opens a directory and reads what an earlier process left.
 * @throws OutboxDirectoryError when another process has it or it can't be used
 */
export async function openFileStore(options: FileStoreOptions): Promise<OutboxStore> {
  const { directory, files = nodeFiles, log } = options;
  let lock: DirectoryLock | undefined;
  try {
    await files.list(directory);
    lock = await lockDirectory(directory);
    const store = new FileStore({ maxEvents: 100_000, maxBytes: 64 * 1024 * 1024, segmentBytes: 1024 * 1024, ...options, files }, lock);
    const found = await store.recover();
    if (found > 0) log.info({ pending: found }, 'outbox: events of an earlier run are waiting');
    return store;
  } catch (error) {
    await lock?.release();
    if (error instanceof OutboxDirectoryError) throw error;
    throw new OutboxDirectoryError('OUTBOX_UNUSABLE', directory, wordsOf(error), { cause: error });
  }
}

class FileStore implements OutboxStore {
  readonly pollMs = null;
  /** Oldest first; the last may be the one that is written to. */
  private segments: Segment[] = [];
  private acked = 0;
  private lastSeq = 0;
  private events = 0;
  private bytes = 0;
  private damaged = 0;
  private mark: OpenFile | null = null;

  constructor(
    private readonly options: Required<FileStoreOptions>,
    private readonly lock: DirectoryLock,
  ) {}

  /** @returns events that wait */
  async recover(): Promise<number> {
    const { files, directory } = this.options;
    const names = await files.list(directory);
    if (names.includes(MARK)) this.acked = decodeMark(await files.read(path.join(directory, MARK)));
    for (const segment of Segment.found(files, directory, names)) {
      await segment.load();
      this.report(segment, segment.damaged);
      this.lastSeq = Math.max(this.lastSeq, segment.last, segment.number);
      this.count(this.pendingOf(segment), 1);
      segment.unload();
      this.segments.push(segment);
    }
    this.lastSeq = Math.max(this.lastSeq, this.acked);
    await this.dropDelivered();
    return this.events;
  }

  async append(lines: readonly string[]): Promise<number> {
    const taken = this.room(lines);
    if (taken === 0) return 0;
    // A number is never used twice: of a write that failed, some may be on the disk.
    const records = lines.slice(0, taken).map((line) => ({ seq: ++this.lastSeq, line }));
    try {
      const segment = await this.writable();
      const before = segment.bytes;
      await segment.append(records);
      this.events += taken;
      this.bytes += segment.bytes - before;
      return taken;
    } catch (error) {
      await this.sealLast();
      throw new StoreError(wordsOf(error), { cause: error });
    }
  }

  async next(maxLines: number, maxBytes: number): Promise<StoredBatch> {
    try {
      await this.dropDelivered();
      const head = this.segments[0];
      if (head && !head.records) await this.reload(head);
      return this.batchOf(head ? this.pendingOf(head) : [], maxLines, maxBytes);
    } catch (error) {
      throw new StoreError(wordsOf(error), { cause: error });
    }
  }

  async remove(batch: StoredBatch): Promise<void> {
    const { upTo } = batch as FileBatch;
    const gone = (this.segments[0]?.records ?? []).filter((record) => record.seq > this.acked && record.seq <= upTo);
    this.count(gone, -1);
    this.acked = upTo;
    // Without the mark the batch would only come twice, and after a crash alone: not worth stopping for.
    await this.writeMark().catch((error) =>
      this.options.log.warn({ reason: wordsOf(error) }, 'outbox: what was delivered could not be noted'),
    );
  }

  async yield(): Promise<void> {}

  size(): StoreSize {
    return { events: this.events, bytes: this.bytes, damaged: this.damaged };
  }

  async close(): Promise<void> {
    await this.sealLast();
    if (this.events === 0) await this.clear().catch(() => undefined);
    await this.mark?.close();
    await this.lock.release();
  }

  /** How many of the lines fit. */
  private room(lines: readonly string[]): number {
    const { maxEvents, maxBytes } = this.options;
    let bytes = this.bytes;
    let taken = 0;
    for (const line of lines) {
      bytes += Buffer.byteLength(line);
      if (this.events + taken >= maxEvents || bytes > maxBytes) break;
      taken++;
    }
    return taken;
  }

  private async writable(): Promise<Segment> {
    const last = this.segments.at(-1);
    if (last?.writable && last.bytes < this.options.segmentBytes) return last;
    await last?.seal();
    if (last && this.segments.length > 1) last.unload();
    const { files, directory } = this.options;
    const segment = await Segment.create(files, directory, this.lastSeq);
    this.segments.push(segment);
    await files.syncDirectory(directory);
    return segment;
  }

  /** After a failed write, or at the end. */
  private async sealLast(): Promise<void> {
    const last = this.segments.at(-1);
    await last?.seal();
    if (!last || last.bytes > 0) return;
    this.segments.pop();
    await last.delete().catch(() => undefined);
  }

  /** Reads a segment that came to the head. What it lost since it was written is lost; what a failed write left in it comes twice. */
  private async reload(segment: Segment): Promise<void> {
    const { count, bytes, damaged } = segment;
    await segment.load();
    this.report(segment, Math.max(segment.damaged - damaged, count - segment.count));
    this.events += segment.count - count;
    this.bytes += segment.bytes - bytes;
  }

  private report(segment: Segment, damaged: number): void {
    if (damaged <= 0) return;
    this.damaged += damaged;
    this.options.log.error({ file: path.basename(segment.path), damaged }, 'outbox: records are damaged');
  }

  private count(records: readonly SizedRecord[], sign: 1 | -1): void {
    this.events += sign * records.length;
    this.bytes += sign * records.reduce((sum, record) => sum + record.size, 0);
  }

  private pendingOf(segment: Segment): SizedRecord[] {
    return (segment.records ?? []).filter((record) => record.seq > this.acked);
  }

  private batchOf(records: readonly SizedRecord[], maxLines: number, maxBytes: number): FileBatch {
    const lines: string[] = [];
    let bytes = 0;
    for (const record of records) {
      bytes += record.size;
      if (lines.length >= maxLines || (lines.length > 0 && bytes > maxBytes)) break;
      lines.push(record.line);
    }
    return { lines, upTo: records[lines.length - 1]?.seq ?? this.acked };
  }

  /** Deletes what is delivered at the head, except the segment that is written to. */
  private async dropDelivered(): Promise<void> {
    for (let head = this.segments[0]; head && !head.writable && head.last <= this.acked; head = this.segments[0]) {
      this.segments.shift();
      await head.delete();
    }
  }

  private async clear(): Promise<void> {
    for (const segment of this.segments) await segment.delete();
    this.segments = [];
  }

  private async writeMark(): Promise<void> {
    const { files, directory } = this.options;
    this.mark ??= await files.open(path.join(directory, MARK), false);
    await this.mark.write(Buffer.from(encodeMark(this.acked)), 0);
  }
}
