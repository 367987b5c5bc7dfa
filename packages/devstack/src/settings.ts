import { generateKeyPairSync } from 'node:crypto';
import { developmentSecrets, readSecrets, type SecretSystem, type Secrets, type Service, services } from '@gatehouse/testkit';
import type { OwnRedis } from './own-redis.js';
import { issuerAddress, sidecarAddress, signInVariables } from './sign-in.js';

/** Variables by name, as the process or a file gives them. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** A port of the stack and the variable that sets it. */
export interface PortSetting {
  readonly what: string;
  readonly variable: string;
  readonly port: number;
}

/** Where the stack listens. */
export interface Settings {
  readonly proxy: PortSetting;
  readonly proxyTls: PortSetting;
  readonly admin: PortSetting;
  readonly status: PortSetting;
  /** healthpay alone. */
  readonly healthpay: PortSetting;
  /** The auth sidecar; undefined when it is not to run on this machine. */
  readonly sidecar: PortSetting | undefined;
  /** The identity provider, likewise: an operator's own Keycloak answers itself. */
  readonly identity: PortSetting | undefined;
  /** The stack's own Redis, which nobody chose a port for; undefined where one is named or no server is found. */
  readonly redis?: OwnRedis;
  /** `gongbu.course` → its mock's ports. */
  readonly mocks: Readonly<Record<string, readonly PortSetting[]>>;
  readonly secrets: Secrets;
  /** Folder of what a run leaves behind: rendered configurations, the development key. Two stacks need two. */
  readonly runFolder: string;
}

/** A variable whose value cannot be used. */
export class SettingsError extends Error {
  readonly code = 'DEVSTACK_SETTINGS';
}

const portPattern = /^\d{1,5}$/;

function portOf(variable: string, text: string): number {
  const port = portPattern.test(text.trim()) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw new SettingsError(`${variable} must be a port from 1 to 65535: "${text}"`);
  return port;
}

function setting(variables: Variables, what: string, variable: string, fallback: number): PortSetting {
  const text = variables[variable];
  return { what, variable, port: text ? portOf(variable, text) : fallback };
}

/** The port of an address that is this machine's; undefined for one that is elsewhere. */
function localPort(what: string, variable: string, address: string): PortSetting | undefined {
  const url = URL.parse(address);
  if (url === null) throw new SettingsError(`${variable} must be an address such as http://127.0.0.1:9190: "${address}"`);
  if (url.protocol !== 'http:' || !['127.0.0.1', 'localhost'].includes(url.hostname)) return undefined;
  return { what, variable, port: Number(url.port || 80) };
}

function mockPorts(variables: Variables, service: Service): PortSetting[] {
  const what = `mock of ${nameOf(service)}`;
  const text = variables[service.portVariable];
  const ports = text ? text.split(',').map((part) => portOf(service.portVariable, part)) : service.ports;
  return ports.map((port) => ({ what, variable: service.portVariable, port }));
}

const nameOf = (service: Service): string => `${service.system}.${service.name}`;

/** Reads the ports and secrets. @throws SettingsError for a port that is none, or that two variables give, naming them. */
export function readSettings(variables: Variables): Settings {
  const settings = settingsOf(variables);
  const clashes = clashing(allPorts(settings));
  if (clashes.length > 0) throw new SettingsError(clashes.join('\n'));
  return settings;
}

/** One line for each port that is wanted twice. */
function clashing(ports: readonly PortSetting[]): string[] {
  const first = new Map<number, PortSetting>();
  return ports.flatMap((setting) => {
    const { port, what, variable } = setting;
    const other = first.get(port);
    if (other === undefined) first.set(port, setting);
    return other === undefined ? [] : [`port ${port} is wanted twice: ${other.variable} (${other.what}) and ${variable} (${what})`];
  });
}

function settingsOf(variables: Variables): Settings {
  return {
    proxy: setting(variables, 'gateway', 'PROXY_PORT', 8000),
    proxyTls: setting(variables, 'gateway over TLS', 'PROXY_TLS_PORT', 8443),
    admin: setting(variables, 'admin API', 'ADMIN_PORT', 8001),
    status: setting(variables, 'status and metrics', 'STATUS_PORT', 8100),
    healthpay: setting(variables, 'healthpay alone', 'HEALTHPAY_GATEWAY_PORT', 4000),
    sidecar: localPort('auth sidecar', 'AUTH_SIDECAR_URL', sidecarAddress(variables)),
    identity: localPort('identity provider', 'INTERVIEW_KEYCLOAK_ISSUER_URL', issuerAddress(variables)),
    mocks: Object.fromEntries(services.map((service) => [nameOf(service), mockPorts(variables, service)])),
    secrets: readSecrets(variables),
    runFolder: variables['GATEHOUSE_RUN_DIR'] || '.run',
  };
}

const secretVariables: Readonly<Record<SecretSystem, string>> = {
  gongbu: 'GONGBU_JWT_SECRET',
  learning: 'LEARNING_JWT_SECRET',
  healthpay: 'HEALTHPAY_JWT_SECRET',
  freelance: 'FREELANCE_JWT_SECRET_KEY',
};

/** What the gateway needs beside: for development, known to everyone, so worth nothing elsewhere. */
const otherSecrets: Readonly<Record<string, string>> = {
  GONGBU_API_KEY_PEPPER: 'gongbu-development-pepper-never-in-production',
  LEARNING_API_KEY_PEPPER: 'learning-development-pepper-never-in-production',
  LEARNING_SIGNING_SECRET: 'learning-development-signing-secret-never-in-production',
  HEALTHPAY_FAWRY_SECURE_KEY: 'fawry-development-key-never-in-production',
  HEALTHPAY_PAYMOB_HMAC_SECRET: 'paymob-development-secret-never-in-production',
};

/** Signs the tokens that services get: of this process alone, since the public key can be had from the gateway. */
let serviceTokenKey: string | null = null;

function developmentServiceTokenKey(): string {
  serviceTokenKey ??= JSON.stringify(generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }));
  return serviceTokenKey;
}

/** Whether a system's tokens are signed with the secret that everyone knows. */
export const hasDevelopmentSecret = (settings: Settings, system: SecretSystem): boolean =>
  settings.secrets[system] === developmentSecrets[system];

/**
 * The variables for the parts of the stack: those given, a secret for each system, and the addresses of mocks that were moved
 * to other ports (an address that the operator set stays).
 */
export function partVariables(variables: Variables, settings: Settings): Variables {
  const secrets = Object.entries(secretVariables).map(([system, name]) => [name, settings.secrets[system as SecretSystem]] as const);
  const moved = services.filter((service) => variables[service.portVariable] && !variables[service.prefixedUrlVariable]);
  const addresses = moved.map((service) => {
    const urls = (settings.mocks[nameOf(service)] ?? []).map(({ port }) => `http://127.0.0.1:${port}`);
    return [service.prefixedUrlVariable, urls.join(',')] as const;
  });
  const others = Object.entries(otherSecrets).map(([name, value]) => [name, variables[name] || value] as const);
  const signing = ['LEARNING_SERVICE_TOKEN_KEY', variables['LEARNING_SERVICE_TOKEN_KEY'] || developmentServiceTokenKey()] as const;
  return { ...variables, ...signInVariables(variables, settings), ...Object.fromEntries([...secrets, ...others, signing, ...addresses]) };
}

/** Every port of the stack. */
export function allPorts(settings: Settings): PortSetting[] {
  const { proxy, proxyTls, admin, status, healthpay, sidecar, identity, mocks } = settings;
  const signIn = [sidecar, identity].filter((setting) => setting !== undefined);
  return [proxy, proxyTls, admin, status, healthpay, ...signIn, ...Object.values(mocks).flat()];
}
