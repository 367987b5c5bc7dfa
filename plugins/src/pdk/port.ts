/**
 * What a policy under kong-pdk uses of Kong, typed: kong-pdk's `kong` turns any name into a call of Kong's PDK, so its own types say
 * little and miss our functions. Facts and decisions go as base64, because kong-pdk reads every string as UTF-8.
 * Source: kong-pdk 0.6.0, pdk.js and listener.js; kong/lua/gatehouse/pdk.lua.
 */

/** As much of kong-pdk's `kong` as is called here: `kong.gw`, which our Lua adds to the PDK. */
export interface KongPdk {
  readonly gw: {
    chain(): Promise<unknown>;
    configs(): Promise<unknown>;
    facts(needs: string, chain: string, armoured: true): Promise<unknown>;
    commit(text: string, whose: string, armoured: true): Promise<unknown>;
  };
}

/** Kong answered what our Lua never does. */
export class PortError extends Error {
  readonly code = 'PDK_PORT';
}

/** Texts have one character per byte, but for `configs`. */
export class KongPort {
  constructor(private readonly kong: KongPdk) {}

  /** The id of the set of policies that stand on the route; null when they have decided already. */
  async chain(): Promise<string | null> {
    const said = text(await this.kong.gw.chain(), 'chain');
    return said === 'D' ? null : tagged(said, 'C');
  }

  /** That set's configurations, as JSON. */
  async configs(): Promise<string> {
    return tagged(text(await this.kong.gw.configs(), 'configs'), 'J');
  }

  /** The facts of the request at hand. */
  async facts(needs: string, chain: string): Promise<string> {
    return latin1(text(await this.kong.gw.facts(needs, chain, true), 'facts'));
  }

  /** What was decided; Kong does it when all plugins have run. */
  async commit(decision: string, chain: string): Promise<void> {
    const done = await this.kong.gw.commit(Buffer.from(decision, 'latin1').toString('base64'), chain, true);
    if (done !== true) throw new PortError('commit: Kong did not take the decision');
  }
}

const latin1 = (base64: string): string => Buffer.from(base64, 'base64').toString('latin1');

function text(value: unknown, what: string): string {
  if (typeof value !== 'string') throw new PortError(`${what}: no text`);
  return value;
}

function tagged(said: string, tag: string): string {
  if (!said.startsWith(tag)) throw new PortError(`expected ${tag}…`);
  return said.slice(tag.length);
}
