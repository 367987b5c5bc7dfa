/** A window of the configuration, made ready for requests. */
import { type Facts, type Identity, type LimitWindow, PathPattern } from '@gatehouse/policy';
import { type BodyFields, type PartReader, partReader } from './parts.js';
import type { Config, WindowConfig } from './schema.js';

const needsIdentity = ({ by, roles, plans }: WindowConfig): boolean =>
  roles.length + plans.length > 0 || by.some((part) => /^(user|role|plan|key|session|claim:)/.test(part));

const setOf = (list: readonly string[]): ReadonlySet<string> | null => (list.length === 0 ? null : new Set(list));

/** What can be said of a window before any request: whom it is about, how it is counted, and the texts of its headers. */
export class Window {
  /** Counted over all nodes. */
  readonly shared: LimitWindow;
  /** This node's part of it. */
  readonly local: LimitWindow;
  readonly count: WindowConfig['count'];
  readonly group: string | null;
  readonly failuresOnly: boolean;
  readonly message: string | undefined;
  /** Its entry in RateLimit-Policy. */
  readonly policyText: string;
  readonly limitText: string;
  readonly needsBody: boolean;
  private readonly methods: ReadonlySet<string> | null;
  private readonly patterns: readonly PathPattern[];
  private readonly roles: ReadonlySet<string> | null;
  private readonly plans: ReadonlySet<string> | null;
  private readonly parts: readonly PartReader[];

  /** @param bit one bit of its own, for sets of windows */
  constructor(
    readonly config: WindowConfig,
    readonly bit: number,
    { nodes, ipv6_prefix }: Pick<Config, 'nodes' | 'ipv6_prefix'>,
  ) {
    const { name, limit, type, by } = config;
    const periodMs = config.milliseconds ?? config.seconds! * 1000;
    const sliding = type === 'sliding';
    const id = `${name}/${periodMs}${sliding ? 's' : ''}|`;
    this.shared = Object.freeze({ id, limit, periodMs, sliding });
    this.local = Object.freeze({ ...this.shared, limit: Math.max(1, Math.floor(limit / nodes)) });
    this.count = needsIdentity(config) ? 'identified' : config.count;
    this.group = config.group ?? null;
    this.failuresOnly = config.failures_only;
    this.message = config.message;
    this.policyText = `"${name}";q=${limit};w=${Math.ceil(periodMs / 1000)}`;
    this.limitText = String(limit);
    this.needsBody = by.some((part) => part.startsWith('body:'));
    this.methods = setOf(config.methods);
    this.patterns = config.paths.map((path) => new PathPattern(path));
    this.roles = setOf(config.roles);
    this.plans = setOf(config.plans);
    this.parts = by.map((part) => partReader(part, config.form, ipv6_prefix));
  }

  get byPath(): boolean {
    return this.patterns.length > 0;
  }

  /** Whether it is about a request, by all but whether it has an identity. */
  fits(method: string, segments: readonly string[], identity: Identity | null): boolean {
    if (this.methods !== null && !this.methods.has(method)) return false;
    if (this.patterns.length > 0 && !this.patterns.some((pattern) => pattern.matches(segments))) return false;
    if (this.plans !== null && !this.plans.has(identity?.plan ?? '')) return false;
    return this.roles === null || (identity?.roles.some((role) => this.roles!.has(role)) ?? false);
  }

  /** Who is counted. */
  subject(facts: Facts, identity: Identity | null, body: BodyFields): string {
    let subject = '';
    for (const part of this.parts) subject += part(facts, identity, body);
    return subject;
  }
}
