/** Twin of Kong's standard-webhooks: lets only messages pass that are signed as https://www.standardwebhooks.com says. */
import crypto from 'node:crypto';
import type { Exchange, Exit, PluginEnvironment, PluginInstance, PluginTwin } from '../../plugin.js';
import { sameSecret } from '../lib/authentication.js';
import { errorExit } from '../lib/exits.js';
import { formatGeneral, parseNumber } from '../lib/lua-number.js';

/** Kong's schema (kong/plugins/standard-webhooks/schema.lua), defaults filled in. */
interface StandardWebhooksConfig {
  secret_v1: string;
  /** Seconds. */
  tolerance_second: number;
}

class StandardWebhooks implements PluginInstance {
  constructor(
    private readonly config: StandardWebhooksConfig,
    private readonly environment: PluginEnvironment,
  ) {}

  access(exchange: Exchange): Exit | Promise<Exit | undefined> {
    const { headers } = exchange.request;
    const id = headers.get('webhook-id');
    const signature = headers.get('webhook-signature');
    const sent = headers.get('webhook-timestamp');
    if (id === undefined || signature === undefined || sent === undefined) return errorExit(exchange, 400, null);
    const seconds = parseNumber(sent) ?? 0;
    if (this.environment.now() / 1000 - seconds > this.config.tolerance_second) return errorExit(exchange, 400, null);
    if (!exchange.request.hasBody) return errorExit(exchange, 400, null);
    return this.check(exchange, `${id}.${formatGeneral(seconds)}.`, signature);
  }

  private async check(exchange: Exchange, head: string, signature: string): Promise<Exit | undefined> {
    const body = await exchange.readBody();
    if (body.length === 0) return errorExit(exchange, 400, null);
    const digest = crypto.createHmac('sha256', this.config.secret_v1).update(head, 'latin1').update(body).digest('base64');
    return sameSecret(signature, `v1,${digest}`) ? undefined : errorExit(exchange, 400, null);
  }
}

export const standardWebhooks: PluginTwin = {
  name: 'standard-webhooks',
  priority: 760,
  version: '3.9.3',
  create: (config, environment) => new StandardWebhooks(config as unknown as StandardWebhooksConfig, environment),
};
