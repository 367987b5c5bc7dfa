/** Decodes the chunked transfer coding (RFC 9112 §7.1) from pieces of any size. Strict: CRLF only, bounded sizes and extensions. */

/** The coding was broken: the connection can't be used any further. */
export class ChunkFault extends Error {
  readonly code = 'HTTP_CHUNK_INVALID';
}

const CR = 13;
const LF = 10;
const SIZE_MAX = 2 ** 52;
const LINE_MAX = 4096;
const TRAILERS_MAX = 16_384;

enum State {
  Size,
  Extension,
  SizeLf,
  Data,
  DataCr,
  DataLf,
  TrailerStart,
  TrailerLine,
  TrailerLf,
  EndLf,
  Done,
}

function hexValue(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

export class ChunkedDecoder {
  private state = State.Size;
  private size = 0;
  private digits = 0;
  private lineBytes = 0;
  private trailerBytes = 0;

  /** True once the last chunk and the trailers were read. */
  get done(): boolean {
    return this.state === State.Done;
  }

  /** The fewest bytes that can still complete the body: a last chunk may follow at once, with bare line ends. */
  get leastLeft(): number {
    switch (this.state) {
      case State.Size:
        return this.digits === 0 ? 3 : this.size + 5;
      case State.Extension:
      case State.SizeLf:
        return this.size + 5;
      case State.Data:
        return this.size + 4;
      case State.DataCr:
      case State.DataLf:
        return 4;
      default:
        return 1;
    }
  }

  /**
   * Reads what it can of `bytes`, gives the data of chunks to `emit` (views of `bytes`), and returns how many bytes it used:
   * all of them, unless the body ended inside.
   * @throws ChunkFault
   */
  push(bytes: Buffer, emit: (data: Buffer) => void): number {
    let i = 0;
    while (i < bytes.length && this.state !== State.Done) {
      if (this.state === State.Data) {
        const take = Math.min(this.size, bytes.length - i);
        emit(bytes.subarray(i, i + take));
        this.size -= take;
        i += take;
        if (this.size === 0) this.state = State.DataCr;
        continue;
      }
      this.step(bytes[i]!);
      i++;
    }
    return i;
  }

  private step(byte: number): void {
    switch (this.state) {
      case State.Size:
        return this.sizeByte(byte);
      case State.Extension:
        if (byte === CR) this.state = State.SizeLf;
        else if (byte === LF || byte === 0 || ++this.lineBytes > LINE_MAX) throw new ChunkFault('a chunk extension is not valid');
        return;
      case State.SizeLf:
        this.expect(byte, LF, this.size === 0 ? State.TrailerStart : State.Data);
        return;
      case State.DataCr:
        return this.expect(byte, CR, State.DataLf);
      case State.DataLf:
        this.size = 0;
        this.digits = 0;
        this.lineBytes = 0;
        return this.expect(byte, LF, State.Size);
      default:
        return this.trailerByte(byte);
    }
  }

  private sizeByte(byte: number): void {
    const value = hexValue(byte);
    if (value >= 0) {
      this.size = this.size * 16 + value;
      if (this.size > SIZE_MAX || ++this.digits > LINE_MAX) throw new ChunkFault('a chunk size is too large');
      return;
    }
    if (this.digits === 0) throw new ChunkFault('a chunk has no size');
    if (byte === CR) this.state = State.SizeLf;
    else if (byte === 59 || byte === 32 || byte === 9) this.state = State.Extension;
    else throw new ChunkFault('a chunk size is not hexadecimal');
  }

  private trailerByte(byte: number): void {
    if (++this.trailerBytes > TRAILERS_MAX) throw new ChunkFault('the trailers are too long');
    switch (this.state) {
      case State.TrailerStart:
        if (byte === CR) this.state = State.EndLf;
        else if (byte === LF || byte === 0) throw new ChunkFault('a trailer is not valid');
        else this.state = State.TrailerLine;
        return;
      case State.TrailerLine:
        if (byte === CR) this.state = State.TrailerLf;
        else if (byte === LF || byte === 0) throw new ChunkFault('a trailer is not valid');
        return;
      case State.TrailerLf:
        return this.expect(byte, LF, State.TrailerStart);
      default:
        return this.expect(byte, LF, State.Done);
    }
  }

  private expect(byte: number, wanted: number, next: State): void {
    if (byte !== wanted) throw new ChunkFault('a chunk does not end where its size says');
    this.state = next;
  }
}
