/** A real Keycloak for a test, with our realm, on a free port and a database of its own; in a container, or natively, then installed and prepared. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, call } from '@gatehouse/testkit';
import { freePort } from './gateway-process.js';
import type { ContainerProgram } from './parts/container.js';
import type { NativeProgram } from './parts/native.js';
import { type Part, preparePart } from './parts/part.js';

const root = path.resolve(import.meta.dirname, '../..');
const START_MS = 120_000;
const REALM = 'ai-video-interview';
const CLIENT = 'ai-video-interview-app';
/** The built server needs no more; the same flags as when it was built (scripts/keycloak.sh). */
const JAVA_OPTS =
  '-Xms64m -Xmx512m -XX:MetaspaceSize=96M -XX:MaxMetaspaceSize=256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dfile.encoding=UTF-8';

/** What tests change of a client; members as Keycloak's admin API has them. */
export type ClientChange = Readonly<Record<string, unknown>> & { readonly attributes?: Readonly<Record<string, string>> };

const optionsAt = (port: number): string[] => [
  '--http-enabled=true',
  '--http-host=127.0.0.1',
  `--http-port=${port}`,
  '--hostname-strict=false',
  '--cache=local',
];
const environment = (folder: string): Readonly<Record<string, string>> => ({
  JAVA_OPTS,
  KC_DB_URL: `jdbc:h2:file:${folder}/keycloakdb;NON_KEYWORDS=VALUE;WRITE_DELAY=0`,
});

/** Installs what is missing (minutes, once) and copies the prepared database. */
function nativeProgram(port: number, folder: string): () => NativeProgram {
  const output = execFileSync(path.join(root, 'scripts/keycloak.sh'), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  const [home = '', database = ''] = output.trim().split('\n').slice(-2);
  copyFileSync(path.join(database, 'keycloakdb.mv.db'), path.join(folder, 'keycloakdb.mv.db'));
  const args = ['start', '--optimized', ...optionsAt(port)];
  return () => ({ command: path.join(home, 'bin/kc.sh'), args, env: environment(folder), group: true });
}

/** The image is not built for a database, and has no realm yet: the first launch does both. */
const containerProgram = (port: number): ContainerProgram => ({
  command: ['start', '--db=dev-file', '--import-realm', ...optionsAt(port)],
  env: { ...environment('/opt/keycloak/data/h2'), KC_BOOTSTRAP_ADMIN_USERNAME: 'admin', KC_BOOTSTRAP_ADMIN_PASSWORD: 'admin' },
  files: { '/opt/keycloak/data/import/realm.json': path.join(root, 'auth-sidecar/keycloak/realm.json') },
});

export class TestKeycloak implements AsyncDisposable {
  private adminToken: { readonly value: string; readonly endsAt: number } | undefined;

  private constructor(
    readonly port: number,
    private readonly part: Part,
    private readonly folder: string,
  ) {}

  /** Makes one ready and starts it. */
  static async start(): Promise<TestKeycloak> {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'keycloak-'));
    const port = await freePort();
    const part = await preparePart('keycloak', { native: () => nativeProgram(port, folder), container: () => containerProgram(port) });
    const keycloak = new TestKeycloak(port, part, folder);
    await keycloak.launch();
    return keycloak;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get issuer(): string {
    return `${this.url}/realms/${REALM}`;
  }

  /** Starts it (again) on the same database, and waits until the realm answers. */
  async launch(): Promise<void> {
    await this.part.launch();
    for (const until = Date.now() + START_MS; Date.now() < until && !this.part.ended; await sleep(100)) {
      const answer = await call(`${this.issuer}/.well-known/openid-configuration`, { timeoutMs: 2000 }).catch(() => undefined);
      if (answer?.status === 200) return;
    }
    const said = await this.part.said();
    await this.part.remove();
    throw new Error(`Keycloak did not start:\n${said}`);
  }

  /** Ends it without a word to anybody. */
  kill(): Promise<void> {
    return this.part.kill();
  }

  /** Stops it where it stands: connections stay open, nothing is answered. */
  pause(): Promise<void> {
    return this.part.pause();
  }

  resume(): Promise<void> {
    return this.part.resume();
  }

  /** Ends all sessions of a user, as an administrator does; Keycloak then tells the application by the back channel. */
  async endSessions(username: string): Promise<void> {
    const [user] = (await this.admin('GET', `/users?username=${username}&exact=true`)).json as { id: string }[];
    await this.admin('POST', `/users/${user?.id}/logout`);
  }

  /** Changes our client: members are replaced, attributes are merged. */
  async changeClient(change: ClientChange): Promise<void> {
    const [client] = (await this.admin('GET', `/clients?clientId=${CLIENT}`)).json as { id: string; attributes: object }[];
    const attributes = { ...client?.attributes, ...change.attributes };
    await this.admin('PUT', `/clients/${client?.id}`, { ...client, ...change, attributes });
  }

  /** Adds a signing key of a higher priority: new tokens are signed with it, old ones stay good. */
  async rotateKeys(): Promise<void> {
    const { id } = (await this.admin('GET', '')).json as { id: string };
    await this.admin('POST', '/components', {
      name: `rsa-${Date.now()}`,
      parentId: id,
      providerId: 'rsa-generated',
      providerType: 'org.keycloak.keys.KeyProvider',
      config: { priority: ['200'], enabled: ['true'], active: ['true'], algorithm: ['RS256'], keySize: ['2048'] },
    });
  }

  /** One request to the realm's admin API. @throws Error for an answer that is no success */
  async admin(method: string, resource: string, json?: unknown): Promise<Answer> {
    const answer = await call(`${this.url}/admin/realms/${REALM}${resource}`, {
      method,
      headers: { authorization: `Bearer ${await this.token()}` },
      ...(json === undefined ? {} : { json }),
    });
    if (answer.status >= 300) throw new Error(`${method} ${resource} → ${answer.status} ${answer.text.slice(0, 300)}`);
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.part.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async token(): Promise<string> {
    if (this.adminToken !== undefined && this.adminToken.endsAt > Date.now()) return this.adminToken.value;
    const form = new URLSearchParams({ grant_type: 'password', client_id: 'admin-cli', username: 'admin', password: 'admin' });
    const answer = await call(`${this.url}/realms/master/protocol/openid-connect/token`, {
      body: form.toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    const { access_token: value } = answer.json as { access_token: string };
    this.adminToken = { value, endsAt: Date.now() + 30_000 };
    return value;
  }
}
