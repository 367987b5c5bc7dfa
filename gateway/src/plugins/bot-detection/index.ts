/** Twin of Kong's bot-detection: refuses clients by their User-Agent. */
import type { Exchange, Exit, PluginInstance, PluginTwin } from '../../plugin.js';
import { toBytes } from '../lib/bytes.js';
import { errorExit } from '../lib/exits.js';
import { compilePcre } from '../lib/pcre.js';
import { isKnownBot } from './bots.js';

/** Kong's schema (kong/plugins/bot-detection/schema.lua), defaults filled in. */
interface BotDetectionConfig {
  allow: string[] | null;
  deny: string[] | null;
}

/** What is read of a User-Agent: expressions of operators need a bound on their subject. */
const AGENT_MAX = 2048;
const MEMORY_MAX = 1000;
const MEMORABLE = 256;

function compile(rules: readonly string[] | null, field: string): RegExp[] {
  return (rules ?? []).map((rule, i) => compilePcre(toBytes(rule), `config.${field}[${i}]`));
}

class BotDetection implements PluginInstance {
  private readonly allow: readonly RegExp[];
  private readonly deny: readonly RegExp[];
  private readonly refused = new Map<string, boolean>();

  constructor(config: BotDetectionConfig) {
    this.allow = compile(config.allow, 'allow');
    this.deny = compile(config.deny, 'deny');
  }

  access(exchange: Exchange): Exit | undefined {
    const { headers } = exchange.request;
    const agent = headers.get('user-agent');
    if (agent === undefined) return undefined;
    if (headers.keys.indexOf('user-agent', headers.keys.indexOf('user-agent') + 1) >= 0) {
      return errorExit(exchange, 400, 'Only one User-Agent header allowed');
    }
    return this.refuses(agent) ? errorExit(exchange, 403, null) : undefined;
  }

  private refuses(agent: string): boolean {
    const known = this.refused.get(agent);
    if (known !== undefined) return known;
    const answer = this.examine(agent.trim().slice(0, AGENT_MAX));
    if (agent.length > MEMORABLE) return answer;
    if (this.refused.size >= MEMORY_MAX) this.refused.clear();
    this.refused.set(agent, answer);
    return answer;
  }

  private examine(agent: string): boolean {
    if (this.allow.some((rule) => rule.test(agent))) return false;
    return this.deny.some((rule) => rule.test(agent)) || isKnownBot(agent);
  }
}

export const botDetection: PluginTwin = {
  name: 'bot-detection',
  priority: 2500,
  version: '3.9.3',
  create: (config) => new BotDetection(config as unknown as BotDetectionConfig),
};
