/**
 * The outbox's file format: one record per line, `<CRC-32 as 8 hex digits> <sequence number> <event as JSON>\n`. JSON has no raw line
 * break, so a reader finds the next record after any damage; the checksum covers number and event.
 */
import { crc32 } from 'node:zlib';

/** A record of a segment. */
export interface LogRecord {
  readonly seq: number;
  readonly line: string;
}

export interface Decoded {
  readonly records: LogRecord[];
  /** Lines that are no record. A last line without its end is not counted: a crash tore it before it was promised to anybody. */
  readonly damaged: number;
}

const RECORD = /^([0-9a-f]{8}) ([1-9]\d{0,15}) ([\s\S]+)$/;

/** A record's bytes. @param seq from 1 on; @param line without a line break */
export function encodeRecord({ seq, line }: LogRecord): string {
  const body = `${seq} ${line}`;
  return `${checksum(body)} ${body}\n`;
}

/** All sound records of a file in its order; numbers that don't rise are damage too. Takes any bytes. */
export function decodeRecords(file: Buffer): Decoded {
  const records: LogRecord[] = [];
  let damaged = 0;
  let last = 0;
  for (let start = 0; start < file.length; ) {
    const end = file.indexOf(0x0a, start);
    if (end < 0) break;
    const record = decodeRecord(file.toString('utf8', start, end));
    start = end + 1;
    if (record && record.seq > last) {
      records.push(record);
      last = record.seq;
    } else damaged++;
  }
  return { records, damaged };
}

function decodeRecord(text: string): LogRecord | null {
  const parts = RECORD.exec(text);
  if (!parts || checksum(text.slice(9)) !== parts[1]) return null;
  const seq = Number(parts[2]);
  return Number.isSafeInteger(seq) ? { seq, line: parts[3]! } : null;
}

/** The number up to which all is delivered, as the file `acked` holds it: always as long, so that it is written in place. */
export function encodeMark(seq: number): string {
  const body = String(seq).padStart(16, '0');
  return `${checksum(body)} ${body}\n`;
}

/** 0 when it is none: then all that is there is delivered (again). */
export function decodeMark(file: Buffer): number {
  const text = file.toString('latin1', 0, 26);
  const seq = Number(text.slice(9, 25));
  return Number.isSafeInteger(seq) && text === encodeMark(seq) ? seq : 0;
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}
