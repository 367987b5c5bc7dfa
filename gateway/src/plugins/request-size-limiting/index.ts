/** Twin of Kong's request-size-limiting: refuses bodies over a limit, counted where no length is declared. */
import { BodyTooLarge, type Exchange, type Exit, type PluginInstance, type PluginTwin } from '../../plugin.js';
import { errorExit } from '../lib/exits.js';
import { failing } from '../lib/failing.js';

/** Kong's schema (kong/plugins/request-size-limiting/schema.lua), defaults filled in. */
interface RequestSizeLimitingConfig {
  allowed_payload_size: number | null;
  size_unit: 'megabytes' | 'kilobytes' | 'bytes';
  require_content_length: boolean;
}

const BYTES: Readonly<Record<RequestSizeLimitingConfig['size_unit'], number>> = { bytes: 1, kilobytes: 1024, megabytes: 1_048_576 };

function tooLarge(exchange: Exchange): Exit {
  const waits = exchange.request.headers.get('expect')?.trim().toLowerCase() === '100-continue';
  return errorExit(exchange, waits ? 417 : 413, 'Request size limit exceeded');
}

class RequestSizeLimiting implements PluginInstance {
  private readonly limit: number;
  private readonly requireLength: boolean;

  constructor(size: number, config: RequestSizeLimitingConfig) {
    this.limit = size * BYTES[config.size_unit];
    this.requireLength = config.require_content_length;
  }

  access(exchange: Exchange): Exit | undefined | Promise<Exit | undefined> {
    const { request } = exchange;
    if (request.headers.has('content-length')) {
      return (request.contentLength ?? 0) > this.limit ? tooLarge(exchange) : undefined;
    }
    if (this.requireLength && request.headers.get('transfer-encoding') !== 'chunked') {
      return errorExit(exchange, 411, 'A valid Content-Length header is required');
    }
    if (request.hasBody) return this.count(exchange);
    return this.limit < 0 ? tooLarge(exchange) : undefined;
  }

  private async count(exchange: Exchange): Promise<Exit | undefined> {
    try {
      await exchange.bodySize(this.limit);
      return undefined;
    } catch (error) {
      if (error instanceof BodyTooLarge) return tooLarge(exchange);
      throw error;
    }
  }
}

export const requestSizeLimiting: PluginTwin = {
  name: 'request-size-limiting',
  priority: 951,
  version: '3.9.3',
  create(config) {
    const known = config as unknown as RequestSizeLimitingConfig;
    const { allowed_payload_size: size } = known;
    return size === null ? failing('config.allowed_payload_size') : new RequestSizeLimiting(size, known);
  },
};
