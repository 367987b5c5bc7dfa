/** An application that signs people in at an identity provider, written after the specifications and not with the code under test. */
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Answer, call, FormBrowser, type Page } from '@gatehouse/testkit';

/** As the realm has it. */
export const CALLBACK = 'https://interview.localhost:8443/auth/callback';
export const CLIENT_ID = 'ai-video-interview-app';
const SECRET = 'interview-development-secret-never-in-production';
const VERIFIER = 'a-code-verifier-of-more-than-forty-three-characters';

export interface Tokens {
  access_token: string;
  refresh_token: string;
  id_token: string;
  expires_in: number;
}

/** Where a redirect that was not followed leads. */
export const located = (page: Page): URL => new URL(page.headers.location ?? '', page.url);
export const atCallback = (url: URL): boolean => url.href.startsWith(CALLBACK);

export class RelyingParty {
  constructor(private readonly issuer: () => string) {}

  endpoint(path: string): string {
    return `${this.issuer()}/protocol/openid-connect/${path}`;
  }

  /** Address of a sign-in. @param more parameters, which win */
  authorization(more: Record<string, string> = {}): string {
    const challenge = createHash('sha256').update(VERIFIER).digest('base64url');
    const parameters = {
      ...{ client_id: CLIENT_ID, redirect_uri: CALLBACK, response_type: 'code', scope: 'openid profile email', state: 's', nonce: 'n' },
      ...{ code_challenge: challenge, code_challenge_method: 'S256' },
      ...more,
    };
    const given = Object.entries(parameters).filter(([, value]) => value !== '');
    return `${this.endpoint('auth')}?${new URLSearchParams(given)}`;
  }

  /** Fills the form in; where the browser is sent back to. */
  async signIn(browser = new FormBrowser(), username = 'mina.park'): Promise<URL> {
    const form = await browser.visit(this.authorization(), { until: atCallback });
    return located(await browser.submit(form, { username, password: 'password' }, { until: atCallback }));
  }

  post(path: string, fields: Record<string, string>): Promise<Answer> {
    return call(this.endpoint(path), {
      body: new URLSearchParams({ client_id: CLIENT_ID, client_secret: SECRET, ...fields }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
  }

  exchange(at: URL, more: Record<string, string> = {}): Promise<Answer> {
    const code = at.searchParams.get('code') ?? '';
    return this.post('token', { grant_type: 'authorization_code', code, redirect_uri: CALLBACK, code_verifier: VERIFIER, ...more });
  }

  async tokens(browser?: FormBrowser, username?: string): Promise<Tokens> {
    const answer = await this.exchange(await this.signIn(browser, username));
    if (answer.status !== 200) throw new Error(`no tokens: ${answer.status} ${answer.text}`);
    return answer.json as Tokens;
  }

  refresh(token: string): Promise<Answer> {
    return this.post('token', { grant_type: 'refresh_token', refresh_token: token });
  }
}

/** Takes what a provider says by the back channel. */
export class LogoutListener {
  /** The logout tokens that came. */
  readonly tokens: string[] = [];
  private readonly server: Server;

  private constructor() {
    this.server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += String(chunk);
      });
      request.on('end', () => {
        this.tokens.push(new URLSearchParams(body).get('logout_token') ?? '');
        response.end();
      });
    });
  }

  static async start(): Promise<LogoutListener> {
    const listener = new LogoutListener();
    await new Promise<void>((resolve) => listener.server.listen(0, '127.0.0.1', resolve));
    return listener;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/logout`;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}
