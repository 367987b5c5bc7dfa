/** Finds a request's head at the start of a connection's bytes, within the limits, and parses it. */
import { findHeadEnd, HeadFault, hopeless, parseHead, type RequestHead } from './head-parser.js';
import type { HttpLimits } from './limits.js';

/** What follows the line ends at the start, which nginx skips between requests. */
export function withoutBlankLines(bytes: Buffer): Buffer {
  let i = 0;
  while (i < bytes.length && (bytes[i] === 13 || bytes[i] === 10)) i++;
  return i === 0 ? bytes : bytes.subarray(i);
}

export class HeadReader {
  private searched = 0;
  /** Bytes of the head that was read last, its blank line included. */
  used = 0;

  constructor(private readonly limits: HttpLimits) {}

  /** A new head begins. */
  reset(): void {
    this.searched = 0;
  }

  /**
   * @param bytes everything of the connection from the head's first byte on
   * @returns null while it is not complete
   * @throws HeadFault
   */
  read(bytes: Buffer): RequestHead | null {
    const found = findHeadEnd(bytes, this.searched);
    const size = found ? found.end : bytes.length;
    if (size > this.limits.headBytes || (!found && size > this.limits.requestLineBytes)) this.checkLength(bytes, size, found !== null);
    if (!found) {
      if (this.searched === 0 && hopeless(bytes)) throw new HeadFault(400, 'this is no HTTP');
      this.searched = bytes.length;
      return null;
    }
    this.used = found.next;
    return parseHead(bytes.toString('latin1', 0, found.end), this.limits);
  }

  private checkLength(bytes: Buffer, size: number, complete: boolean): void {
    const lineEnd = bytes.indexOf(10);
    if (lineEnd < 0 || lineEnd >= this.limits.requestLineBytes) throw new HeadFault(414, 'the request line is too long');
    if (size > this.limits.headBytes) throw new HeadFault(494, 'the head is too long');
    const lastLine = complete ? 0 : bytes.length - bytes.lastIndexOf(10);
    if (lastLine > this.limits.headerLineBytes) throw new HeadFault(494, 'a header line is too long');
  }
}
