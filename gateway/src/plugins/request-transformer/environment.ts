/** What an expression in a template sees: headers, query_params, uri_captures and shared, each made when first asked for. */
import type { HeaderList } from '../../headers.js';
import type { Exchange } from '../../plugin.js';
import { type Args, type ArgValue, decodeArgs } from '../lib/args.js';
import { toBytes } from '../lib/bytes.js';
import { findKey } from '../lib/header-lookup.js';
import type { Environment } from './lua/parser.js';
import { LuaError, type LuaFunction, LuaTable, toText, typeName, type Value } from './lua/values.js';

/** Headers as ngx.req.get_headers gives them: without case, `_` for `-`, a list where a name comes twice. */
class HeaderTable extends LuaTable {
  constructor(private readonly headers: HeaderList) {
    super();
  }

  override get(name: Value): Value {
    const key = typeof name === 'string' ? findKey(this.headers, name) : null;
    if (key === null) return undefined;
    const values = this.headers.getAll(key);
    return values.length === 1 ? values[0] : LuaTable.list(values);
  }
}

class ArgsTable extends LuaTable {
  constructor(private readonly args: Args) {
    super();
  }

  override get(name: Value): Value {
    const value = typeof name === 'string' ? this.args.get(name) : undefined;
    return Array.isArray(value) ? LuaTable.list(value) : value;
  }
}

class CaptureTable extends LuaTable {
  constructor(private readonly captures: NonNullable<Exchange['uriCaptures']>) {
    super();
  }

  override get(key: Value): Value {
    if (typeof key === 'number') return this.captures.unnamed[key];
    return typeof key === 'string' && Object.hasOwn(this.captures.named, key) ? this.captures.named[key] : undefined;
  }
}

const NESTING_MAX = 20;

/** What other plugins left in kong.ctx.shared, as Lua sees it; functions and symbols are nil. */
function fromHost(value: unknown, depth = 0): Value {
  if (typeof value === 'string') return toBytes(value);
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value !== 'object' || value === null || depth > NESTING_MAX) return undefined;
  if (Array.isArray(value)) return LuaTable.list(value.map((item) => fromHost(item, depth + 1)));
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  return new LuaTable(new Map(entries.map(([key, item]) => [fromHost(key, depth + 1), fromHost(item, depth + 1)])));
}

class SharedTable extends LuaTable {
  constructor(private readonly shared: ReadonlyMap<string, unknown>) {
    super();
  }

  override get(key: Value): Value {
    return typeof key === 'string' ? fromHost(this.shared.get(key)) : undefined;
  }
}

const EMPTY = new LuaTable();

const forbidden: LuaFunction = (args) => {
  throw new LuaError(`require '${toText(args[0])}' not allowed within sandbox`);
};

/** The functions of Kong's sandbox (untrusted_lua = sandbox, nothing added to its environment). */
const functions: ReadonlyMap<string, LuaFunction> = new Map<string, LuaFunction>([
  ['type', (args) => [typeName(args[0])]],
  ['__tostring', (args) => [toText(args[0])]],
  ['require', forbidden],
]);

/** All names that mean something. */
export const knownGlobals: ReadonlySet<string> = new Set(['headers', 'query_params', 'uri_captures', 'shared', ...functions.keys()]);

/** The arguments that the service will get, as the plugin works on them. */
export class QueryArgs {
  private decoded: Args | null = null;

  constructor(private readonly exchange: Exchange) {}

  /** Decoded once; what a caller changes in it is seen by templates, as in Kong. */
  get args(): Args {
    this.decoded ??= decodeArgs(this.exchange.upstream.rawQuery);
    return this.decoded;
  }

  /** A copy to work on while templates go on seeing the old values. */
  copy(): Args {
    return new Map(
      [...this.args].map(([name, value]): [string, ArgValue | ArgValue[]] => [name, Array.isArray(value) ? [...value] : value]),
    );
  }
}

export class TemplateEnvironment implements Environment {
  private readonly loaded = new Map<string, Value>();

  /** `frozen`: headers are kept as they are when first seen, because they change before the last template is rendered. */
  constructor(
    private readonly exchange: Exchange,
    private readonly query: QueryArgs,
    private readonly frozen: boolean,
  ) {}

  get(name: string): Value {
    const builtin = functions.get(name);
    if (builtin) return builtin;
    if (this.loaded.has(name)) return this.loaded.get(name);
    const value = this.load(name);
    if (value !== undefined) this.loaded.set(name, value);
    return value;
  }

  private load(name: string): Value {
    const { exchange } = this;
    if (name === 'headers') return new HeaderTable(this.frozen ? exchange.request.headers.clone() : exchange.request.headers);
    if (name === 'query_params') return new ArgsTable(this.query.args);
    if (name === 'uri_captures') return exchange.uriCaptures ? new CaptureTable(exchange.uriCaptures) : EMPTY;
    return name === 'shared' ? new SharedTable(exchange.shared) : undefined;
  }
}
