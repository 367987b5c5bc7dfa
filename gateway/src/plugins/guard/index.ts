/**
 * The twin of the one Lua plugin of ours: what no policy can do because it holds for every request and every answer, routed or
 * not. Identity headers of clients are dropped, a request id is checked or made, a trace begins, answers carry the security
 * headers, and the gateway's own errors take the form of the system whose host was asked.
 */
import { type ErrorFormat, type ErrorStyle, errorStyle, isIdentityHeader, renderGatewayError, traceIdOf } from '@gatehouse/policy';
import type { HeaderList } from '../../headers.js';
import type { Exchange, PluginEnvironment, PluginInstance, PluginTwin, ResponseHead } from '../../plugin.js';
import { systemOfTags } from './system.js';

interface SystemConfig {
  name: string;
  hosts: string[];
  errors: ErrorFormat | null;
}

interface GuardConfig {
  systems: SystemConfig[];
  default_system: string | null;
  request_id_header: string;
  security_headers: boolean;
  content_security_policy: string;
  hsts_max_age: number;
}

/** What a request id of a client may be: anything else is replaced, so that it can't forge a log line. */
const REQUEST_ID = /^[A-Za-z0-9._:-]{1,128}$/;

/** What Connection names is taken out before the service is asked: a client must not name what tells the service who is asking. */
function keepIdentity(headers: HeaderList, connection: string): void {
  const options = connection.split(',').map((option) => option.trim());
  const harmless = options.filter((option) => !isIdentityHeader(option));
  if (harmless.length < options.length) headers.set('Connection', harmless.join(', '));
}

class Guard implements PluginInstance {
  private readonly byHost = new Map<string, string>();
  private readonly wildcards: [suffix: string, system: string][] = [];
  private readonly styles = new Map<string, ErrorStyle>();
  private readonly requestIdKey: string;
  private readonly hsts: string;

  constructor(
    private readonly config: GuardConfig,
    private readonly environment: PluginEnvironment,
  ) {
    for (const { name, hosts, errors } of config.systems) {
      this.styles.set(name, errorStyle(name, errors ?? undefined));
      for (const host of hosts) {
        if (host.startsWith('*.')) this.wildcards.push([host.slice(1).toLowerCase(), name]);
        else this.byHost.set(host.toLowerCase(), name);
      }
    }
    this.requestIdKey = config.request_id_header.toLowerCase();
    this.hsts = `max-age=${config.hsts_max_age}; includeSubDomains`;
  }

  rewrite(exchange: Exchange): undefined {
    const { headers } = exchange.request;
    for (let i = headers.keys.length - 1; i >= 0; i--) {
      // Checked by length first: five names, and this runs for every header of every request.
      const key = headers.keys[i]!;
      if (key.length >= 9 && key.length <= 18 && key.charCodeAt(0) === 120 && isIdentityHeader(key)) headers.removeAt(i);
    }
    const connection = headers.get('connection');
    if (connection !== undefined && connection !== 'keep-alive') keepIdentity(headers, connection);
    const sent = headers.get(this.requestIdKey);
    if (sent === undefined || !REQUEST_ID.test(sent)) headers.set(this.config.request_id_header, exchange.id);
    if (traceIdOf(headers.get('traceparent')) !== null) return;
    headers.remove('tracestate');
    headers.set('traceparent', `00-${exchange.id}-${exchange.id.slice(0, 16)}-00`);
  }

  headerFilter(exchange: Exchange, head: ResponseHead): void {
    const { headers } = head;
    const id = exchange.request.headers.get(this.requestIdKey);
    headers.set(this.config.request_id_header, id !== undefined && REQUEST_ID.test(id) ? id : exchange.id);
    if (this.config.security_headers) this.addSecurityHeaders(exchange, head);
    if (head.source === 'service' || head.status < 400 || exchange.shared.has('gatehouse.error')) return;
    this.replaceError(exchange, head);
  }

  bodyFilter(exchange: Exchange, chunk: Buffer, last: boolean): Buffer {
    const body = exchange.local.get(this) as Buffer | undefined;
    if (!body) return chunk;
    return last ? body : chunk.subarray(0, 0);
  }

  private addSecurityHeaders(exchange: Exchange, { headers }: ResponseHead): void {
    if (exchange.request.scheme === 'https') headers.set('Strict-Transport-Security', this.hsts);
    headers.set('X-Content-Type-Options', 'nosniff');
    headers.set('X-Frame-Options', 'DENY');
    headers.set('Referrer-Policy', 'no-referrer');
    if (!headers.has('content-security-policy')) headers.set('Content-Security-Policy', this.config.content_security_policy);
  }

  private replaceError(exchange: Exchange, head: ResponseHead): void {
    const style = this.styleOf(exchange);
    const subject = {
      path: exchange.request.rawPath,
      traceId: traceIdOf(exchange.request.headers.get('traceparent')),
      requestId: exchange.id,
    };
    const rendered = renderGatewayError(head.status, style, subject, this.environment.now());
    for (const [name, value] of rendered.headers) head.headers.set(name, value);
    const body = Buffer.from(rendered.body);
    head.headers.set('Content-Length', String(body.length));
    exchange.local.set(this, body);
  }

  private styleOf(exchange: Exchange): ErrorStyle {
    const system = systemOfTags(exchange.route?.tags, exchange.service?.tags) || this.systemOfHost(exchange.request.host);
    return this.styles.get(system) ?? errorStyle(system);
  }

  private systemOfHost(host: string): string {
    const exact = this.byHost.get(host);
    if (exact !== undefined) return exact;
    for (const [suffix, system] of this.wildcards) if (host.endsWith(suffix)) return system;
    return this.config.default_system ?? '';
  }
}

export const guard: PluginTwin = {
  name: 'guard',
  version: '1.0.0',
  priority: 755,
  create: (config, environment) => new Guard(config as unknown as GuardConfig, environment),
};
