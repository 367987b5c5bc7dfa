/**
 * As much of MessagePack as Kong's plugin-server protocol uses. Strings are read byte for byte (one UTF-16 unit per byte), so that
 * what is binary stays so.
 * Source: the MessagePack specification; Kong's kong/runloop/plugin_servers/rpc/mp_rpc.lua.
 */

export type Packed = null | boolean | number | string | Buffer | readonly Packed[] | { readonly [key: string]: Packed };

/** Bytes that can't be a message: the connection is of no use any more. */
export class MessagePackError extends Error {
  readonly code = 'MSGPACK_INVALID';
}

/** Thrown when a value goes on beyond the bytes that are there. Made once: it says nothing but that. */
const INCOMPLETE = new MessagePackError('incomplete');
const DEPTH_MAX = 16;
const ITEMS_MAX = 100_000;

class Reader {
  at = 0;
  constructor(private readonly bytes: Buffer) {}

  /** Moves past `count` bytes and gives where they began. */
  private take(count: number): number {
    const start = this.at;
    if (start + count > this.bytes.length) throw INCOMPLETE;
    this.at = start + count;
    return start;
  }

  value(depth: number): Packed {
    if (depth > DEPTH_MAX) throw new MessagePackError('nested too deep');
    const type = this.bytes[this.take(1)]!;
    if (type < 0x80) return type;
    if (type < 0x90) return this.map(type & 0x0f, depth);
    if (type < 0xa0) return this.list(type & 0x0f, depth);
    if (type < 0xc0) return this.text(type & 0x1f);
    if (type >= 0xe0) return type - 0x100;
    return this.long(type, depth);
  }

  private long(type: number, depth: number): Packed {
    switch (type) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
      case 0xd9:
        return this.text(this.unsigned(1));
      case 0xc5:
      case 0xda:
        return this.text(this.unsigned(2));
      case 0xc6:
      case 0xdb:
        return this.text(this.unsigned(4));
      case 0xdc:
        return this.list(this.unsigned(2), depth);
      case 0xdd:
        return this.list(this.unsigned(4), depth);
      case 0xde:
        return this.map(this.unsigned(2), depth);
      case 0xdf:
        return this.map(this.unsigned(4), depth);
      default:
        return this.number(type);
    }
  }

  private number(type: number): number {
    switch (type) {
      case 0xca:
        return this.bytes.readFloatBE(this.take(4));
      case 0xcb:
        return this.bytes.readDoubleBE(this.take(8));
      case 0xcc:
        return this.unsigned(1);
      case 0xcd:
        return this.unsigned(2);
      case 0xce:
        return this.unsigned(4);
      case 0xcf:
        return Number(this.bytes.readBigUInt64BE(this.take(8)));
      case 0xd0:
        return this.bytes.readInt8(this.take(1));
      case 0xd1:
        return this.bytes.readInt16BE(this.take(2));
      case 0xd2:
        return this.bytes.readInt32BE(this.take(4));
      case 0xd3:
        return Number(this.bytes.readBigInt64BE(this.take(8)));
      default:
        throw new MessagePackError(`type 0x${type.toString(16)} is not known here`);
    }
  }

  private unsigned(size: 1 | 2 | 4): number {
    return this.bytes.readUIntBE(this.take(size), size);
  }

  private text(length: number): string {
    const start = this.take(length);
    return this.bytes.toString('latin1', start, start + length);
  }

  private list(length: number, depth: number): Packed[] {
    if (length > ITEMS_MAX) throw new MessagePackError('too many items');
    const items: Packed[] = [];
    for (let i = 0; i < length; i++) items.push(this.value(depth + 1));
    return items;
  }

  private map(length: number, depth: number): Record<string, Packed> {
    if (length > ITEMS_MAX) throw new MessagePackError('too many keys');
    const made: Record<string, Packed> = Object.create(null) as Record<string, Packed>;
    for (let i = 0; i < length; i++) {
      const key = this.value(depth + 1);
      if (typeof key === 'object' && key !== null) throw new MessagePackError('a key is neither text nor a number');
      made[String(key)] = this.value(depth + 1);
    }
    return made;
  }
}

/** Puts messages together from what a socket gives: several in one piece, or one in several. */
export class MessageStream {
  private rest: Buffer | null = null;

  /** @param maxBytes beyond which a message is refused */
  constructor(private readonly maxBytes: number) {}

  /**
   * Takes a piece; calls `each` for every message that is complete.
   * @throws MessagePackError for bytes that are no message, or for one that is too long
   */
  push(piece: Buffer, each: (message: Packed) => void): void {
    const bytes = this.rest === null ? piece : Buffer.concat([this.rest, piece]);
    this.rest = null;
    const reader = new Reader(bytes);
    let done = 0;
    while (done < bytes.length) {
      const message = complete(reader);
      if (message === undefined) break;
      done = reader.at;
      each(message);
    }
    if (done === bytes.length) return;
    if (bytes.length - done > this.maxBytes) throw new MessagePackError('message too long');
    this.rest = bytes.subarray(done);
  }
}

function complete(reader: Reader): Packed | undefined {
  try {
    return reader.value(0);
  } catch (error) {
    if (error === INCOMPLETE) return undefined;
    throw error;
  }
}

function head(length: number, short: number, shortMax: number, long: readonly [number, number, number]): Buffer {
  if (length <= shortMax) return Buffer.from([short | length]);
  if (long[0] !== 0 && length < 0x100) return Buffer.from([long[0], length]);
  if (length < 0x1_0000) return Buffer.from([long[1], length >> 8, length & 0xff]);
  return Buffer.from([long[2], length >>> 24, (length >> 16) & 0xff, (length >> 8) & 0xff, length & 0xff]);
}

/** The bytes before a string of so many bytes. */
export const textHead = (length: number): Buffer => head(length, 0xa0, 31, [0xd9, 0xda, 0xdb]);

function packNumber(value: number): Buffer {
  if (Number.isInteger(value) && value >= 0 && value < 0x80) return Buffer.from([value]);
  const made = Buffer.alloc(9);
  if (Number.isSafeInteger(value) && value >= 0) {
    made[0] = 0xcf;
    made.writeBigUInt64BE(BigInt(value), 1);
  } else {
    made[0] = 0xcb;
    made.writeDoubleBE(value, 1);
  }
  return made;
}

/** A value as bytes; strings as UTF-8, buffers as strings of their bytes. For what is not said once per request. */
export function pack(value: Packed): Buffer {
  if (value === null) return Buffer.from([0xc0]);
  if (typeof value === 'boolean') return Buffer.from([value ? 0xc3 : 0xc2]);
  if (typeof value === 'number') return packNumber(value);
  if (typeof value === 'string') return pack(Buffer.from(value, 'utf8'));
  if (Buffer.isBuffer(value)) return Buffer.concat([textHead(value.length), value]);
  if (Array.isArray(value)) return Buffer.concat([head(value.length, 0x90, 15, [0, 0xdc, 0xdd]), ...value.map(pack)]);
  const entries = Object.entries(value);
  return Buffer.concat([head(entries.length, 0x80, 15, [0, 0xde, 0xdf]), ...entries.flatMap(([key, one]) => [pack(key), pack(one)])]);
}
