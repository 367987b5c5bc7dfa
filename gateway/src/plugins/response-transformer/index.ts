/** Twin of Kong's response-transformer: changes headers and JSON bodies on the way to the client. */
import type { Exchange, PluginEnvironment, PluginInstance, PluginTwin, ResponseHead } from '../../plugin.js';
import { isJsonType } from '../lib/media-type.js';
import type { ResponseTransformerConfig } from './config.js';
import { type HeaderRules, headerRules, transformHeaders } from './headers.js';
import { type JsonRules, jsonRules, transformJson } from './json-body.js';

/** Longest answer that is transformed, in bytes: it is held in memory until it is complete. */
const BODY_MAX = 16 * 1024 * 1024;
const NOTHING = Buffer.alloc(0);
/** What stands in the place of a longer one: to pass it as it is could show what was to be removed. */
const TOO_LONG = Buffer.from('{"message":"An unexpected error occurred"}');

interface Collected {
  chunks: Buffer[];
  bytes: number;
}

class HeaderTransformer implements PluginInstance {
  private readonly headers: HeaderRules;

  constructor(config: ResponseTransformerConfig) {
    this.headers = headerRules(config);
  }

  headerFilter(_exchange: Exchange, head: ResponseHead): void {
    transformHeaders(head.headers, this.headers);
  }
}

class BodyTransformer extends HeaderTransformer {
  constructor(
    config: ResponseTransformerConfig,
    private readonly rules: JsonRules,
    private readonly environment: PluginEnvironment,
  ) {
    super(config);
  }

  override headerFilter(exchange: Exchange, head: ResponseHead): void {
    const isJson = isJsonType(head.headers.get('content-type'));
    super.headerFilter(exchange, head);
    if (!isJson) return;
    head.headers.remove('content-length');
    exchange.local.set(this, { chunks: [], bytes: 0 } satisfies Collected);
  }

  bodyFilter(exchange: Exchange, chunk: Buffer, last: boolean): Buffer {
    const collected = exchange.local.get(this) as Collected | undefined;
    if (!collected) return chunk;
    collected.bytes += chunk.length;
    if (collected.bytes > BODY_MAX) collected.chunks = [];
    else if (chunk.length > 0) collected.chunks.push(chunk);
    return last ? this.complete(exchange, collected) : NOTHING;
  }

  private complete(exchange: Exchange, { chunks, bytes }: Collected): Buffer {
    if (bytes > BODY_MAX) {
      this.environment.log('error', `an answer of more than ${BODY_MAX} bytes can't be transformed`, { requestId: exchange.id });
      return TOO_LONG;
    }
    const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
    const changed = transformJson(body, this.rules);
    if (changed !== null) return Buffer.from(changed, 'latin1');
    this.environment.log('warn', 'body transform failed: failed parsing json body', { requestId: exchange.id });
    return body;
  }
}

export const responseTransformer: PluginTwin = {
  name: 'response-transformer',
  priority: 800,
  version: '3.9.3',
  create(given, environment) {
    const config = given as unknown as ResponseTransformerConfig;
    const rules = jsonRules(config);
    return rules ? new BodyTransformer(config, rules, environment) : new HeaderTransformer(config);
  },
};
