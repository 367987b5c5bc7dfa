import type { FetchText } from './key-set.js';

/** A document could not be fetched. */
export class FetchError extends Error {
  readonly code = 'FETCH_FAILED';
  constructor(why: string) {
    super(why);
    this.name = 'FetchError';
  }
}

async function readBounded(body: ReadableStream<Uint8Array>, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    // Leaving the loop cancels the stream: a document without end is not read to its end.
    if (length > maxBytes) throw new FetchError(`the document is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Over the platform's fetch: one time limit for the whole exchange, bounded size, no redirects. */
export const fetchText: FetchText = async (url, { timeoutMs, maxBytes }) => {
  const response = await fetch(url, {
    redirect: 'error',
    headers: { accept: 'application/json, application/jwk-set+json' },
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (response.status !== 200 || !response.body) {
    await response.body?.cancel();
    throw new FetchError(`the answer was ${response.status}`);
  }
  return readBounded(response.body, maxBytes);
};
