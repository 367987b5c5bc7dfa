import type { Upstream } from '@gatehouse/kong-config';

/** Something an upstream asks for that cannot be done; `path` as in `upstreams[0].algorithm`. */
export interface BalancerFault {
  readonly path: string;
  readonly message: string;
}

/** A configuration that the balancer can't follow. */
export class BalancerConfigError extends Error {
  readonly code = 'BALANCER_CONFIG';
  readonly faults: readonly BalancerFault[];

  constructor(faults: readonly BalancerFault[]) {
    super(faults.map(({ path, message }) => `${path}: ${message}`).join('\n'));
    this.name = 'BalancerConfigError';
    this.faults = faults;
  }
}

/** All that upstreams ask for in vain: an algorithm of Kong Enterprise, active checks over gRPC (which fail in Kong 3.9 too). */
export function balancerFaults(upstreams: readonly Upstream[]): BalancerFault[] {
  const faults: BalancerFault[] = [];
  upstreams.forEach((upstream, i) => {
    const { active } = upstream.healthchecks;
    if (upstream.algorithm === 'sticky-sessions') {
      const message = 'expected one of: consistent-hashing, least-connections, round-robin, latency';
      faults.push({ path: `upstreams[${i}].algorithm`, message });
    }
    const probes = active.healthy.interval > 0 || active.unhealthy.interval > 0;
    if (probes && (active.type === 'grpc' || active.type === 'grpcs')) {
      faults.push({ path: `upstreams[${i}].healthchecks.active.type`, message: 'active checks are made over http, https or tcp' });
    }
  });
  return faults;
}
