/** Twin of Kong's redirect: sends clients elsewhere. */
import type { Exchange, Exit, PluginInstance, PluginTwin } from '../../plugin.js';
import { fromBytes, toBytes } from '../lib/bytes.js';
import { ConfigError } from '../lib/config-error.js';
import { safeValue } from '../lib/header-lookup.js';

/** Kong's schema (kong/plugins/redirect/schema.lua), defaults filled in. */
interface RedirectConfig {
  status_code: number;
  location: string;
  keep_incoming_path: boolean;
}

const BODY = 'redirecting';

class Redirect implements PluginInstance {
  private readonly fixed: Exit | null;

  constructor(private readonly config: RedirectConfig) {
    if (config.keep_incoming_path && !URL.canParse(config.location)) throw new ConfigError('config.location', 'must be an absolute URL');
    this.fixed = config.keep_incoming_path ? null : this.exitTo(safeValue(toBytes(config.location)));
  }

  access(exchange: Exchange): Exit {
    return this.fixed ?? this.exitTo(this.withIncomingPath(exchange));
  }

  private withIncomingPath({ request, upstream }: Exchange): string {
    const url = new URL(this.config.location);
    url.pathname = fromBytes(request.path);
    url.search = fromBytes(upstream.rawQuery);
    return url.href;
  }

  private exitTo(location: string): Exit {
    return { status: this.config.status_code, body: BODY, headers: { Location: location } };
  }
}

export const redirect: PluginTwin = {
  name: 'redirect',
  priority: 779,
  version: '3.9.3',
  create: (config) => new Redirect(config as unknown as RedirectConfig),
};
