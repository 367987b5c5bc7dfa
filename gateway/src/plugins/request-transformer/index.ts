/** Twin of Kong's request-transformer: changes path, method, headers, body and query on the way to the service. */
import type { Exchange, PluginEnvironment, PluginInstance, PluginTwin } from '../../plugin.js';
import { decodeArgs, encodeArgs, encodeArgsSorted } from '../lib/args.js';
import { mergeArgs, transformArgs } from './args.js';
import { QueryArgs, TemplateEnvironment } from './environment.js';
import { transformHeaders } from './headers.js';
import { transformJsonBody } from './json-body.js';
import type { Environment } from './lua/parser.js';
import { LuaError } from './lua/values.js';
import { transformMultipartBody } from './multipart.js';
import { isDynamic, isEmpty, type RequestTransformerConfig, type RuleSet, ruleSet, uriTemplate, warnOfUnknownNames } from './rules.js';
import type { Template } from './template.js';

type BodyKind = 'json' | 'multipart' | 'form';

/** Kong looks for these anywhere in the Content-Type. */
function bodyKind(contentType: string | undefined): BodyKind | null {
  if (contentType === undefined) return null;
  const lower = contentType.toLowerCase();
  if (lower.includes('application/json')) return 'json';
  if (lower.includes('multipart/form-data')) return 'multipart';
  return lower.includes('application/x-www-form-urlencoded') ? 'form' : null;
}

/** The methods that nginx can set on a request. */
const METHODS = new Set('GET HEAD PUT POST DELETE OPTIONS MKCOL COPY MOVE PROPFIND PROPPATCH LOCK UNLOCK PATCH TRACE'.split(' '));
const WITHOUT_BODY = new Set(['GET', 'HEAD', 'TRACE']);

const NO_NAMES: Environment = { get: () => undefined };

/** What one request needs beside the exchange. */
interface Work {
  readonly exchange: Exchange;
  readonly query: QueryArgs;
  readonly env: Environment;
}

const bodyOf = (exchange: Exchange): Buffer | Promise<Buffer> => (exchange.request.hasBody ? exchange.readBody() : Buffer.alloc(0));

class RequestTransformer implements PluginInstance {
  private readonly uri: Template | null;
  private readonly method: string | null;
  private readonly headers: RuleSet | null;
  private readonly body: RuleSet | null;
  private readonly query: RuleSet | null;
  private readonly dynamic: boolean;
  private readonly dynamicHeaders: boolean;
  /** The header rules when there is nothing else to do and nothing to evaluate. */
  private readonly constant: RuleSet | null;

  constructor(config: RequestTransformerConfig, environment: PluginEnvironment) {
    const [headers, body, query] = [ruleSet(config, 'headers'), ruleSet(config, 'body'), ruleSet(config, 'querystring')];
    this.uri = uriTemplate(config);
    this.method = config.http_method;
    this.headers = isEmpty(headers) ? null : headers;
    this.body = isEmpty(body) ? null : body;
    this.query = isEmpty(query) ? null : query;
    this.dynamicHeaders = isDynamic(headers);
    this.dynamic = isDynamic(headers, body, query) || this.uri?.constant === null;
    const onlyHeaders = !this.uri && this.method === null && !this.body && !this.query;
    this.constant = onlyHeaders && !this.dynamic ? headers : null;
    warnOfUnknownNames([headers, body, query], this.uri, environment);
  }

  access(exchange: Exchange): undefined | Promise<undefined> {
    if (this.constant) {
      transformHeaders(exchange, this.constant, null);
      return undefined;
    }
    const query = new QueryArgs(exchange);
    const env = this.dynamic ? new TemplateEnvironment(exchange, query, this.headers !== null) : NO_NAMES;
    const work: Work = { exchange, query, env };
    if (this.uri) setPath(exchange, this.uri.render(env));
    if (this.method !== null && this.setMethod(exchange, this.method)) {
      return this.takeFormIntoQuery(work).then(() => this.finish(work));
    }
    return this.finish(work);
  }

  /** True when the body's arguments must go into the query. */
  private setMethod(exchange: Exchange, method: string): boolean {
    if (!METHODS.has(method)) throw new LuaError(`invalid method: ${method}`);
    exchange.upstream.method = method;
    return WITHOUT_BODY.has(method) && bodyKind(exchange.request.headers.get('content-type')) === 'form';
  }

  private async takeFormIntoQuery({ exchange, query }: Work): Promise<void> {
    const form = decodeArgs((await bodyOf(exchange)).toString('latin1'));
    if (form.size === 0) return;
    mergeArgs(query.args, form);
    exchange.upstream.rawQuery = encodeArgsSorted(query.args);
  }

  private finish(work: Work): undefined | Promise<undefined> {
    const { exchange, env } = work;
    if (this.headers) transformHeaders(exchange, this.headers, this.dynamicHeaders ? env : null);
    const kind = this.body && bodyKind(exchange.request.headers.get('content-type'));
    if (this.body && kind) return this.changeBody(work, this.body, kind);
    this.changeQuery(work);
    return undefined;
  }

  private async changeBody(work: Work, rules: RuleSet, kind: BodyKind): Promise<undefined> {
    const { exchange, env } = work;
    const body = await bodyOf(exchange);
    const changed = transformBody(body, kind, exchange.request.headers.get('content-type')!, rules, env);
    if (changed) {
      exchange.upstream.body = changed;
      exchange.request.headers.set('Content-Length', String(changed.length));
    }
    this.changeQuery(work);
  }

  private changeQuery({ exchange, query, env }: Work): void {
    if (!this.query) return;
    const args = query.copy();
    transformArgs(args, this.query, env, true);
    exchange.upstream.rawQuery = encodeArgsSorted(args);
  }
}

function setPath(exchange: Exchange, path: string): void {
  if (!path.startsWith('/')) throw new LuaError('path must start with /');
  exchange.upstream.path = path;
}

function transformBody(body: Buffer, kind: BodyKind, contentType: string, rules: RuleSet, env: Environment): Buffer | null {
  if (kind === 'json') {
    const json = transformJsonBody(body, rules, env);
    return json === null ? null : Buffer.from(json, 'latin1');
  }
  if (kind === 'multipart') {
    const parts = transformMultipartBody(body.toString('latin1'), contentType, rules, env);
    return parts === null ? null : Buffer.from(parts, 'latin1');
  }
  const args = decodeArgs(body.toString('latin1'));
  return transformArgs(args, rules, env, body.length > 0) ? Buffer.from(encodeArgs(args), 'latin1') : null;
}

export const requestTransformer: PluginTwin = {
  name: 'request-transformer',
  priority: 801,
  version: '3.9.3',
  create: (config, environment) => new RequestTransformer(config as unknown as RequestTransformerConfig, environment),
};
