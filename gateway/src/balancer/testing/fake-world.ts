import type { Target, Upstream } from '@gatehouse/kong-config';
import { Balancer } from '../balancer.js';
import type { BalancerEnvironment, HealthChange, HealthEvent } from '../environment.js';
import type { DnsAnswer, DnsKind, DnsRecord, Resolver } from '../name-cache.js';
import type { Peer } from '../peer.js';
import type { Picked, PickFacts, PickResult } from '../pick.js';
import type { ProbeOutcome, ProbeRequest } from '../probe.js';
import { facts as noFacts } from './entities.js';
import { FakeClock } from './fake-clock.js';

/** Everything outside the balancer, in a test's hands. */
export class FakeWorld implements Resolver {
  readonly clock = new FakeClock();
  /** What names resolve to; a thrown error otherwise, and `null` never answers. */
  readonly names = new Map<string, DnsAnswer | Error | null>();
  readonly lookUps: string[] = [];
  readonly probes: ProbeRequest[] = [];
  readonly changes: HealthChange[] = [];
  readonly events: HealthEvent[] = [];
  readonly logs: string[] = [];
  /** What a probe finds. */
  answer: (request: ProbeRequest) => ProbeOutcome | Promise<ProbeOutcome> = () => ({ kind: 'status', status: 200 });

  balancer(upstreams: readonly Upstream[], targets: readonly Target[], given: Partial<BalancerEnvironment> = {}): Balancer {
    return new Balancer(upstreams, targets, { ...this.environment(), ...given });
  }

  environment(): Partial<BalancerEnvironment> {
    return {
      resolver: this,
      timers: this.clock,
      now: this.clock.now,
      random: () => 0.5,
      uuid: () => '00000000-0000-4000-8000-000000000000',
      probe: async (request) => {
        this.probes.push(request);
        return this.answer(request);
      },
      log: (level, message) => this.logs.push(`${level}: ${message}`),
      onHealthChange: (change) => this.changes.push(change),
      onHealthEvent: (event) => this.events.push(event),
    };
  }

  resolve(name: string, _last: DnsKind | null): Promise<DnsAnswer> {
    this.lookUps.push(name);
    const answer = this.names.get(name);
    if (answer === null) return new Promise(() => {});
    return answer === undefined || answer instanceof Error ? Promise.reject(answer ?? new Error('unknown name')) : Promise.resolve(answer);
  }

  /** Sets the A records of a name. */
  set(name: string, ips: readonly string[], ttlMs = 30_000): void {
    this.names.set(name, { kind: 'A', records: ips.map((ip) => record(ip)), ttlMs });
  }
}

/** A DNS record with what is given. */
export function record(ip: string, given: Partial<DnsRecord> = {}): DnsRecord {
  return { ip, port: 0, weight: null, name: null, ...given };
}

/** Picks now, and fails the test when that gives no peer or takes a look-up. */
export function pickNow(balancer: Balancer, host: string, tried: readonly Peer[] = [], facts: PickFacts = noFacts()): Peer {
  return peerOf(balancer.pick(host, 80, facts, tried));
}

/** The peer of a result that is there already. */
export function peerOf(result: PickResult | Promise<PickResult>): Peer {
  if (result instanceof Promise || 'error' in result) throw new Error(`no peer at once: ${JSON.stringify(result)}`);
  return (result satisfies Picked).peer;
}

/** How often each port was picked in so many picks. */
export function tally(balancer: Balancer, host: string, picks: number): Record<number, number> {
  const counts: Record<number, number> = {};
  for (let i = 0; i < picks; i++) {
    const { port } = pickNow(balancer, host);
    counts[port] = (counts[port] ?? 0) + 1;
  }
  return counts;
}
