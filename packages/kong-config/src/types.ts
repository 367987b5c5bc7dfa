/**
 * The entities of a declarative configuration as the data plane reads them: flat, every default filled in, every
 * foreign key resolved to an id. Field names are Kong's (https://docs.konghq.com/gateway/3.9.x/admin-api/).
 */

export type Protocol = 'http' | 'https' | 'grpc' | 'grpcs' | 'tcp' | 'tls' | 'tls_passthrough' | 'udp' | 'ws' | 'wss';

/** A foreign key, resolved. */
export interface Ref {
  id: string;
}

interface Entity {
  /** UUID; as Kong generates it when the file gives none (UUID v5 of the entity's key). */
  id: string;
  tags: string[] | null;
}

export interface Service extends Entity {
  name: string | null;
  protocol: Protocol;
  /** A DNS name, an IP address, or the name of an upstream. */
  host: string;
  port: number;
  path: string | null;
  retries: number;
  /** Milliseconds. */
  connect_timeout: number;
  write_timeout: number;
  read_timeout: number;
  enabled: boolean;
  tls_verify: boolean | null;
  tls_verify_depth: number | null;
  ca_certificates: string[] | null;
  client_certificate: Ref | null;
}

/** A source or destination condition of a route: an address or CIDR block, a port, or both. */
export interface CidrPort {
  ip: string | null;
  port: number | null;
}

export interface Route extends Entity {
  name: string | null;
  service: Ref | null;
  protocols: Protocol[];
  hosts: string[] | null;
  paths: string[] | null;
  methods: string[] | null;
  headers: Record<string, string[]> | null;
  snis: string[] | null;
  sources: CidrPort[] | null;
  destinations: CidrPort[] | null;
  https_redirect_status_code: 426 | 301 | 302 | 307 | 308;
  regex_priority: number;
  strip_path: boolean;
  path_handling: 'v0' | 'v1';
  preserve_host: boolean;
  request_buffering: boolean;
  response_buffering: boolean;
}

export interface ActiveHealthcheck {
  type: 'http' | 'https' | 'tcp' | 'grpc' | 'grpcs';
  /** Seconds. */
  timeout: number;
  concurrency: number;
  http_path: string;
  https_sni: string | null;
  https_verify_certificate: boolean;
  headers: Record<string, string[]> | null;
  /** interval: seconds, 0 = off. */
  healthy: { interval: number; http_statuses: number[]; successes: number };
  unhealthy: { interval: number; http_statuses: number[]; http_failures: number; tcp_failures: number; timeouts: number };
}

export interface PassiveHealthcheck {
  type: 'http' | 'https' | 'tcp' | 'grpc' | 'grpcs';
  healthy: { http_statuses: number[]; successes: number };
  unhealthy: { http_statuses: number[]; http_failures: number; tcp_failures: number; timeouts: number };
}

export type HashOn = 'none' | 'consumer' | 'ip' | 'header' | 'cookie' | 'path' | 'query_arg' | 'uri_capture';

export interface Upstream extends Entity {
  name: string;
  algorithm: 'round-robin' | 'consistent-hashing' | 'least-connections' | 'latency' | 'sticky-sessions';
  slots: number;
  hash_on: HashOn;
  hash_fallback: HashOn;
  hash_on_header: string | null;
  hash_fallback_header: string | null;
  hash_on_cookie: string | null;
  hash_on_cookie_path: string;
  hash_on_query_arg: string | null;
  hash_fallback_query_arg: string | null;
  hash_on_uri_capture: string | null;
  hash_fallback_uri_capture: string | null;
  healthchecks: { threshold: number; active: ActiveHealthcheck; passive: PassiveHealthcheck };
  host_header: string | null;
  client_certificate: Ref | null;
  use_srv_name: boolean;
}

export interface Target extends Entity {
  upstream: Ref;
  /** `host:port`; the port is always there once loaded. */
  target: string;
  weight: number;
}

export interface Consumer extends Entity {
  username: string | null;
  custom_id: string | null;
}

export interface ConsumerGroup extends Entity {
  name: string;
}

export interface PluginEntity extends Entity {
  name: string;
  instance_name: string | null;
  route: Ref | null;
  service: Ref | null;
  consumer: Ref | null;
  consumer_group: Ref | null;
  enabled: boolean;
  protocols: Protocol[];
  /** Checked and completed against the plugin's schema. */
  config: Record<string, unknown>;
}

export interface Certificate extends Entity {
  cert: string;
  key: string;
  cert_alt: string | null;
  key_alt: string | null;
}

export interface Sni extends Entity {
  name: string;
  certificate: Ref;
}

export interface CaCertificate extends Entity {
  cert: string;
  cert_digest: string | null;
}

/** Where secrets are kept; `{vault://prefix/name}` refers to one of its. */
export interface Vault extends Entity {
  prefix: string;
  name: string;
  description: string | null;
  config: Record<string, unknown>;
}

export interface KeySet extends Entity {
  name: string | null;
}

export interface Key extends Entity {
  name: string | null;
  kid: string;
  set: Ref | null;
  jwk: string | null;
  pem: { private_key: string | null; public_key: string | null } | null;
}

/** A credential of any plugin; the fields beside `consumer` are the plugin's own. */
export interface Credential extends Entity {
  consumer: Ref | null;
  [field: string]: unknown;
}

export interface KongConfig {
  services: Service[];
  routes: Route[];
  upstreams: Upstream[];
  targets: Target[];
  consumers: Consumer[];
  consumer_groups: ConsumerGroup[];
  /** consumer → consumer_group memberships. */
  consumer_group_consumers: { consumer: Ref; consumer_group: Ref }[];
  plugins: PluginEntity[];
  certificates: Certificate[];
  snis: Sni[];
  ca_certificates: CaCertificate[];
  vaults: Vault[];
  key_sets: KeySet[];
  keys: Key[];
  /** By Kong's entity name: keyauth_credentials, basicauth_credentials, hmacauth_credentials, jwt_secrets, acls. */
  credentials: Record<string, Credential[]>;
}

/** One thing wrong in a configuration: where it is and what to do. */
export interface Fault {
  file: string;
  /** Such as `services[0].routes[1].paths[0]`; empty when the fault is the whole file's. */
  path: string;
  message: string;
  hint?: string;
}

/** Where each entity stands in its file, by id: `services[0].plugins[1]`. */
export type Places = ReadonlyMap<string, string>;

export type Loaded = { config: KongConfig; faults: []; places: Places } | { config: null; faults: Fault[]; places: null };
