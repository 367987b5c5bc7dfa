import type { ActiveHealthcheck, Upstream } from '@gatehouse/kong-config';
import type { BalancerEnvironment } from './environment.js';
import type { BalancedPeer } from './peer.js';
import type { ProbeOutcome, ProbeRequest } from './probe.js';

/** Kong looks for due checks ten times a second. */
const LEAST_INTERVAL_MS = 100;
/** A configured time-out of 0 means nginx's own default. */
const DEFAULT_TIMEOUT_MS = 60_000;
/** A probe that says nothing for so many of its time-outs is given up: connect, handshake, answer, and one to spare. */
const DEADLINE_STEPS = 4;
const TIMEOUT: ProbeOutcome = { kind: 'timeout' };
const TCP_FAILURE: ProbeOutcome = { kind: 'tcp_failure' };

export type PeerClass = 'healthy' | 'unhealthy';

/** What the checker needs of its upstream. */
export interface CheckedPool {
  readonly upstream: Upstream;
  /** Peers with a weight above 0. */
  checkedPeers(): readonly BalancedPeer[];
  activeOutcome(peer: BalancedPeer, outcome: ProbeOutcome): void;
}

/**
 * Probes the peers of one upstream: the healthy ones and the unhealthy ones each at their own interval (± 10 %). Every
 * round looks at the peers anew and ends within a bounded time whatever the probe does, and the next round is planned
 * before one begins: nothing can stop the checks but `stop`.
 */
export class ActiveChecker {
  private readonly pool: CheckedPool;
  private readonly environment: BalancerEnvironment;
  private readonly check: ActiveHealthcheck;
  private readonly timers = new Map<PeerClass, unknown>();
  private readonly running = new Set<PeerClass>();
  /** Ends one probe each. */
  private readonly probes = new Set<() => void>();
  private stopped = false;

  constructor(pool: CheckedPool, environment: BalancerEnvironment) {
    this.pool = pool;
    this.environment = environment;
    this.check = pool.upstream.healthchecks.active;
    this.plan('healthy');
    this.plan('unhealthy');
  }

  /** Ends all timers and probes; outcomes still on their way are dropped. */
  stop(): void {
    this.stopped = true;
    for (const timer of this.timers.values()) this.environment.timers.clearTimeout(timer);
    this.timers.clear();
    for (const giveUp of this.probes) giveUp();
  }

  private plan(which: PeerClass): void {
    const seconds = this.check[which].interval;
    if (seconds <= 0) return;
    const interval = Math.max(seconds * 1000, LEAST_INTERVAL_MS) * (0.9 + 0.2 * this.environment.random());
    const timer = this.environment.timers.setTimeout(() => this.round(which), interval);
    this.timers.set(which, timer);
  }

  /** A round that is not over yet is not joined by a second one. */
  private round(which: PeerClass): void {
    this.plan(which);
    if (this.running.has(which)) return;
    const peers = this.pool.checkedPeers().filter((peer) => peer.health.available === (which === 'healthy'));
    if (peers.length === 0) return;
    this.running.add(which);
    void this.probeAll(peers).finally(() => this.running.delete(which));
  }

  private async probeAll(peers: readonly BalancedPeer[]): Promise<void> {
    const queue = peers.values();
    const lanes = Math.min(Math.max(this.check.concurrency, 1), peers.length);
    await Promise.all(Array.from({ length: lanes }, () => this.lane(queue)));
  }

  private async lane(queue: Iterator<BalancedPeer>): Promise<void> {
    for (let next = queue.next(); !next.done && !this.stopped; next = queue.next()) {
      const outcome = await this.probeWithin(next.value);
      if (!this.stopped) this.pool.activeOutcome(next.value, outcome);
    }
  }

  /** The probe's outcome, or a time-out when it doesn't settle; never rejects. */
  private probeWithin(peer: BalancedPeer): Promise<ProbeOutcome> {
    const timeoutMs = this.check.timeout > 0 ? this.check.timeout * 1000 : DEFAULT_TIMEOUT_MS;
    const { timers, probe } = this.environment;
    const abort = new AbortController();
    return new Promise((resolve) => {
      const finish = (outcome: ProbeOutcome): void => {
        timers.clearTimeout(deadline);
        this.probes.delete(giveUp);
        resolve(outcome);
        abort.abort();
      };
      const giveUp = (): void => finish(TIMEOUT);
      const deadline = timers.setTimeout(giveUp, timeoutMs * DEADLINE_STEPS);
      this.probes.add(giveUp);
      const asked = new Promise<ProbeOutcome>((settle) => settle(probe(this.requestFor(peer, timeoutMs, abort.signal))));
      asked.then(finish, () => finish(TCP_FAILURE));
    });
  }

  private requestFor(peer: BalancedPeer, timeoutMs: number, signal: AbortSignal): ProbeRequest {
    const { host_header, client_certificate } = this.pool.upstream;
    const host = host_header ?? peer.hostname;
    return {
      type: this.check.type === 'https' || this.check.type === 'tcp' ? this.check.type : 'http',
      ip: peer.ip,
      port: peer.port,
      host,
      sni: this.check.https_sni ?? host,
      verify: this.check.https_verify_certificate,
      path: this.check.http_path,
      headers: this.check.headers,
      certificate: client_certificate === null ? null : this.environment.certificate(client_certificate.id),
      timeoutMs,
      signal,
    };
  }
}
