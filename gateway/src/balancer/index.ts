/** Kong's load balancer: upstreams, targets, health checks and name resolution. */
export { Balancer, type PeerHealth } from './balancer.js';
export { type BalancerEnvironment, environmentWith, type HealthChange, type HealthEvent, type Timers } from './environment.js';
export { BalancerConfigError, type BalancerFault, balancerFaults } from './faults.js';
export { hashableQueryArg } from './hash-input.js';
export { DnsError, type Resolver } from './name-cache.js';
export type { Peer } from './peer.js';
export { type Hashed, type HashInputs, PICK_ERRORS, type PickError, type Picked, type PickFacts, type PickResult } from './pick.js';
export type { Probe, ProbeOutcome, ProbeRequest } from './probe.js';
export type { UpstreamSnapshot } from './snapshot.js';
