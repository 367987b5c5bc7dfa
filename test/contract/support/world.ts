import { ephemeralPorts, type FaultInput, type Mocks, type System, services, startMocks } from '@gatehouse/testkit';
import type { Received } from './expectation.js';
import { Issuer } from './issuer.js';
import { makeToken, type TokenRequest } from './secrets.js';
import { StandIn } from './stand-in.js';

/** Everything behind the gateway for one system: its mock services and stand-ins for the sidecar, the push server and the identity provider. */
export class World {
  private constructor(
    readonly system: System,
    private readonly mocks: Mocks,
    private readonly standIns: readonly StandIn[],
    private readonly issuer: Issuer,
    /** Where all of it listens, in the names of .env.example. */
    readonly environment: Readonly<Record<string, string>>,
  ) {}

  static async start(system: System): Promise<World> {
    const mocks = await startMocks({ systems: [system], ports: ephemeralPorts });
    const sidecar = new StandIn('sidecar');
    const push = new StandIn('push');
    const issuer = new Issuer();
    const own = services.filter((service) => service.system === system);
    const addresses = own.map((service) => [service.prefixedUrlVariable, mocks.urls(`${system}.${service.name}`).join(',')]);
    const environment = {
      ...Object.fromEntries(addresses),
      ...(system === 'freelance' ? { FREELANCE_GRAPHQL_SERVICE_URL: mocks.urls('freelance.freelance').join(',') } : {}),
      AUTH_SIDECAR_URL: await sidecar.open(),
      HEALTHPAY_WEBSOCKET_URL: await push.open(),
      INTERVIEW_KEYCLOAK_ISSUER_URL: await issuer.open(),
    };
    return new World(system, mocks, [sidecar, push], issuer, environment);
  }

  /** A token of the system. @throws Error for an unknown role */
  token(wanted: TokenRequest): string {
    return makeToken(this.system, wanted, this.environment['INTERVIEW_KEYCLOAK_ISSUER_URL'] ?? '');
  }

  /** What every service got since the last reset. */
  received(): Received[] {
    const names = services.filter((service) => service.system === this.system).map((service) => service.name);
    const byMocks = names.flatMap((name) =>
      this.mocks.requests(`${this.system}.${name}`).map((request) => ({ ...request, service: name })),
    );
    return [...byMocks, ...this.standIns.flatMap((standIn) => standIn.requests)];
  }

  /** Forgets what was received, and sets these faults instead of those before. */
  async prepare(faults: Readonly<Record<string, unknown>>): Promise<void> {
    await this.mocks.reset();
    for (const standIn of this.standIns) standIn.requests.length = 0;
    const own = Object.entries(faults).filter(([name]) => !this.standIns.some((standIn) => standIn.name === name));
    for (const [name, fault] of own) await this.mocks.fault(`${this.system}.${name}`, fault as FaultInput);
  }

  async stop(): Promise<void> {
    await Promise.all([this.mocks.close(), this.issuer.close(), ...this.standIns.map((standIn) => standIn.close())]);
  }
}
