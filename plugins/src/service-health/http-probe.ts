import type { HealthProbe } from './board.js';

/** Asks over the platform's fetch; a body longer than wanted is cut, not refused. */
export const httpGet: HealthProbe['get'] = async (url, { timeoutMs, maxBytes }) => {
  const response = await fetch(url, {
    redirect: 'manual',
    headers: { accept: 'application/json' },
    signal: AbortSignal.timeout(timeoutMs),
  });
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > maxBytes) break;
  }
  return { status: response.status, text: Buffer.concat(chunks).toString('utf8') };
};
