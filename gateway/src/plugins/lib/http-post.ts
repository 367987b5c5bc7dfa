/** Sends one body to a collector. */
import http from 'node:http';
import https from 'node:https';

export interface PostOptions {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds without progress. */
  readonly timeoutMs: number;
  readonly verifyTls: boolean;
}

const ANSWER_MAX = 4096;

/** Sends over kept connections; close it when it is no longer needed. */
export class Poster {
  private readonly agent: http.Agent;
  private readonly client: typeof http | typeof https;

  constructor(
    private readonly url: URL,
    private readonly options: PostOptions,
  ) {
    const secure = url.protocol === 'https:';
    this.client = secure ? https : http;
    this.agent = new this.client.Agent({ keepAlive: true, maxSockets: 4, ...(secure && { rejectUnauthorized: options.verifyTls }) });
  }

  /** Resolves for a status below 300, rejects for anything else. */
  send(body: string): Promise<void> {
    const { method, headers, timeoutMs } = this.options;
    const content = Buffer.from(body);
    return new Promise((resolve, reject) => {
      const request = this.client.request(this.url, {
        method,
        agent: this.agent,
        timeout: timeoutMs,
        headers: { ...headers, 'Content-Length': content.length },
      });
      request.on('timeout', () => request.destroy(new Error('timeout')));
      request.on('error', reject);
      request.on('response', (response) => finish(response, this.url.host, resolve, reject));
      request.end(content);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}

function finish(response: http.IncomingMessage, host: string, resolve: () => void, reject: (error: Error) => void): void {
  let text = '';
  response.on('data', (chunk: Buffer) => {
    if (text.length < ANSWER_MAX) text += chunk.toString('latin1');
  });
  response.on('error', reject);
  response.on('end', () => {
    const status = response.statusCode ?? 0;
    if (status < 300) resolve();
    else reject(new Error(`request to ${host} returned status code ${status} and body ${text.slice(0, ANSWER_MAX)}`));
  });
}
