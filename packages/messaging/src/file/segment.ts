/** One file of the log: written once, from front to back, and deleted when all of it is delivered. */
import path from 'node:path';
import type { Files, OpenFile } from './files.js';
import { decodeRecords, encodeRecord, type LogRecord } from './log-format.js';

const NAME = /^(\d{16})\.log$/;

export interface SizedRecord extends LogRecord {
  /** Bytes in the file. */
  readonly size: number;
}

const sized = (record: LogRecord): SizedRecord => ({ ...record, size: Buffer.byteLength(record.line) + String(record.seq).length + 11 });

export class Segment {
  /** Bytes of whole records. */
  bytes = 0;
  /** Records in it, as last known. */
  count = 0;
  /** Damaged lines in it, as last known. */
  damaged = 0;
  /** The highest number in it; 0 when it is empty. */
  last = 0;
  /** Its records while it is at the head or written to, else null. */
  records: SizedRecord[] | null = null;
  private file: OpenFile | null = null;

  private constructor(
    private readonly files: Files,
    readonly path: string,
  ) {}

  /** The number in its name: later segments have higher ones. */
  get number(): number {
    return Number(NAME.exec(path.basename(this.path))?.[1] ?? 0);
  }

  /** Segments of a directory, oldest first, unread. */
  static found(files: Files, directory: string, names: readonly string[]): Segment[] {
    const logs = names.filter((name) => NAME.test(name)).sort();
    return logs.map((name) => new Segment(files, path.join(directory, name)));
  }

  /** A new one for records from `seq` on. */
  static async create(files: Files, directory: string, seq: number): Promise<Segment> {
    const segment = new Segment(files, path.join(directory, `${String(seq).padStart(16, '0')}.log`));
    segment.file = await files.open(segment.path, true);
    segment.records = [];
    return segment;
  }

  get writable(): boolean {
    return this.file !== null;
  }

  /** Reads its records; none when it was taken away. */
  async load(): Promise<void> {
    const { records, damaged } = decodeRecords(await this.read());
    this.records = records.map(sized);
    this.count = records.length;
    this.damaged = damaged;
    this.bytes = this.records.reduce((sum, record) => sum + record.size, 0);
    this.last = records.at(-1)?.seq ?? 0;
  }

  /** Forgets the records; `load` gets them again. */
  unload(): void {
    this.records = null;
  }

  /** Adds records, on disk when it resolves. After an error the segment is at its end: `seal` it. */
  async append(records: readonly LogRecord[]): Promise<void> {
    const data = Buffer.from(records.map(encodeRecord).join(''));
    await this.file!.write(data, this.bytes);
    await this.file!.sync();
    this.bytes += data.length;
    this.count += records.length;
    this.last = records.at(-1)!.seq;
    this.records!.push(...records.map(sized));
  }

  /** Ends writing; what a failed write left behind the last whole record goes. */
  async seal(): Promise<void> {
    const { file } = this;
    this.file = null;
    if (!file) return;
    await file.truncate(this.bytes).catch(() => undefined);
    await file.close().catch(() => undefined);
  }

  async delete(): Promise<void> {
    await this.seal();
    await this.files.remove(this.path);
  }

  private async read(): Promise<Buffer> {
    try {
      return await this.files.read(this.path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
      throw error;
    }
  }
}
