/** Twin of Kong's request-termination: answers instead of the service, always or when triggered. */
import type { Exchange, Exit, PluginEnvironment, PluginInstance, PluginTwin } from '../../plugin.js';
import { decodeArgs } from '../lib/args.js';
import { toBytes } from '../lib/bytes.js';
import { emptyExit, jsonExit } from '../lib/exits.js';
import { findKey } from '../lib/header-lookup.js';
import { echoOf } from './echo.js';

/** Kong's schema (kong/plugins/request-termination/schema.lua), defaults filled in. */
interface RequestTerminationConfig {
  status_code: number;
  message: string | null;
  body: string | null;
  content_type: string | null;
  echo: boolean;
  trigger: string | null;
}

const MESSAGES: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  404: 'Not found',
  405: 'Method not allowed',
  500: 'An unexpected error occurred',
  502: 'Bad Gateway',
  503: 'Service unavailable',
};

/** What is always the same; null when it depends on the request. */
function fixedExit(config: RequestTerminationConfig, message: string | undefined): Exit | null {
  if (config.body !== null) {
    return {
      status: config.status_code,
      body: config.body,
      ...(config.content_type && { headers: { 'Content-Type': config.content_type } }),
    };
  }
  return message === undefined ? null : jsonExit(config.status_code, { message });
}

class RequestTermination implements PluginInstance {
  private readonly message: string | undefined;
  private readonly fixed: Exit | null;
  private readonly trigger: string | null;
  private readonly triggerArg: string;

  constructor(
    private readonly config: RequestTerminationConfig,
    private readonly environment: PluginEnvironment,
  ) {
    this.message = config.message ?? MESSAGES[config.status_code];
    this.fixed = fixedExit(config, this.message);
    this.trigger = config.trigger;
    this.triggerArg = toBytes(config.trigger ?? '');
  }

  access(exchange: Exchange): Exit | undefined | Promise<Exit> {
    if (this.trigger !== null && !this.triggered(exchange, this.trigger)) return undefined;
    if (this.config.echo) return this.echo(exchange);
    return this.fixed ?? emptyExit(exchange, this.config.status_code);
  }

  private triggered(exchange: Exchange, name: string): boolean {
    if (findKey(exchange.request.headers, name) !== null) return true;
    const { rawQuery } = exchange.upstream;
    return rawQuery !== '' && decodeArgs(rawQuery).has(this.triggerArg);
  }

  private async echo(exchange: Exchange): Promise<Exit> {
    return jsonExit(this.config.status_code, await echoOf(exchange, this.message, this.environment));
  }
}

export const requestTermination: PluginTwin = {
  name: 'request-termination',
  priority: 2,
  version: '3.9.3',
  create: (config, environment) => new RequestTermination(config as unknown as RequestTerminationConfig, environment),
};
