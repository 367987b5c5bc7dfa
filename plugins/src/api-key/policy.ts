/** Keys of outside integrations: looked up, checked, and turned into an identity. */
import {
  type ApiKeyRecord,
  type Decision,
  deny,
  type Facts,
  type Identity,
  identityHeaderKeys,
  identityHeaderPairs,
  type MaybePromise,
  type Needs,
  type Pass,
  type PolicyInstance,
  parseApiKey,
  type RequestContext,
} from '@gatehouse/policy';
import type { Config } from './schema.js';

/** Looks records up: from memory where it may, else from the store. */
export interface KeyDirectory {
  /** What memory has; undefined when the store must be asked. */
  remembered(system: string, id: string, now: number): ApiKeyRecord | null | undefined;
  /** Rejects when the store is away. */
  fetch(system: string, id: string, now: number): Promise<ApiKeyRecord | null>;
  /** Notes a use, now and then. */
  used(record: ApiKeyRecord, now: number): void;
}

export interface ApiKeyPolicyTools {
  readonly directory: KeyDirectory;
  opens(record: ApiKeyRecord, secret: string, now: number): boolean;
  log(level: 'error', message: string, fields: Record<string, unknown>): void;
}

interface Presented {
  readonly id: string;
  readonly secret: string;
}

const MISSING = Object.freeze(deny('token_missing'));
const INVALID = Object.freeze(deny('key_invalid'));
const UNKNOWN = Object.freeze(deny('undecided', { retryAfter: 1 }));

function identityOf(record: ApiKeyRecord): Identity {
  return Object.freeze({
    via: 'api-key',
    subject: record.owner,
    email: null,
    roles: [],
    permissions: [],
    scopes: record.scopes,
    plan: null,
    claims: Object.freeze({ sub: record.owner, key_id: record.id, key_name: record.name }),
    tokenId: record.id,
    sessionId: null,
    expiresAt: record.expiresAt,
  });
}

class ApiKeyPolicy implements PolicyInstance {
  private readonly header: string;
  private readonly removed: readonly string[];
  private readonly absent: Decision;

  constructor(
    config: Config,
    private readonly tools: ApiKeyPolicyTools,
  ) {
    this.header = config.header.toLowerCase();
    this.removed = [...identityHeaderKeys, this.header];
    this.absent = config.optional ? Object.freeze({ kind: 'pass', removeHeaders: identityHeaderKeys }) : MISSING;
  }

  decide(facts: Facts, context: RequestContext, now: number): MaybePromise<Decision> {
    const presented = this.presented(facts);
    if (presented === null) return this.absent;
    if (presented === 'invalid') return INVALID;
    const known = this.tools.directory.remembered(facts.system, presented.id, now);
    if (known !== undefined) return this.judge(known, presented, context, now);
    return this.tools.directory.fetch(facts.system, presented.id, now).then(
      (record) => this.judge(record, presented, context, now),
      (error) => {
        this.tools.log('error', 'no store of API keys: a request with a key was refused', {
          error: String(error),
          requestId: facts.requestId,
        });
        return UNKNOWN;
      },
    );
  }

  recognise(facts: Facts, now: number): boolean {
    const presented = this.presented(facts);
    if (presented === null || presented === 'invalid') return false;
    const known = this.tools.directory.remembered(facts.system, presented.id, now);
    return known ? this.tools.opens(known, presented.secret, now) : false;
  }

  presents(facts: Facts): boolean {
    return facts.header(this.header) !== undefined;
  }

  private presented(facts: Facts): Presented | 'invalid' | null {
    const lines = facts.headerValues(this.header);
    if (lines.length === 0) return null;
    return (lines.length === 1 && parseApiKey(lines[0]!)) || 'invalid';
  }

  private judge(record: ApiKeyRecord | null, { secret }: Presented, context: RequestContext, now: number): Decision {
    if (!record || !this.tools.opens(record, secret, now)) return INVALID;
    this.tools.directory.used(record, now);
    context.identity = identityOf(record);
    const pass: Pass = { kind: 'pass', setHeaders: identityHeaderPairs(context.identity), removeHeaders: this.removed };
    return pass;
  }
}

/** What the check will ask facts for. */
export function needs(config: Config): Needs {
  return { headers: [config.header.toLowerCase()] };
}

/** The policy over its directory. */
export function create(config: Config, tools: ApiKeyPolicyTools): PolicyInstance {
  return new ApiKeyPolicy(config, tools);
}
