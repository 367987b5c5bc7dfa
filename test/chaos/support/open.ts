/** Ends what a test started, the last first, whatever came of the test. */
import { afterEach } from '@jest/globals';
import { oneService } from '../../support/gateway-process.js';
import { Plane } from './plane.js';
import { RawClient } from './raw-client.js';
import { type ServiceOptions, StrictService } from './strict-service.js';

export interface Opened {
  keep<T extends AsyncDisposable>(thing: T): T;
  client(port: number): Promise<RawClient>;
  service(options?: ServiceOptions): Promise<StrictService>;
  /** A plane before one service; `route` and `more` go into the entities. */
  plane(service: StrictService, settings?: PlaneSettings): Promise<Plane>;
}

export interface PlaneSettings {
  route?: Record<string, unknown>;
  service?: Record<string, unknown>;
  environment?: Record<string, string>;
  extra?: string[];
  /** Further entities at the top of the file. */
  more?: Record<string, unknown>;
}

/** To be called once in a test file. */
export function opened(): Opened {
  const things: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of things.splice(0).reverse()) await close();
  });
  const keep = <T extends AsyncDisposable>(thing: T): T => {
    things.push(() => thing[Symbol.asyncDispose]());
    return thing;
  };
  return {
    keep,
    client: async (port) => {
      const client = await RawClient.connect(port);
      things.push(() => client.destroy());
      return client;
    },
    service: async (options) => keep(await StrictService.start(options)),
    plane: async (service, { route, service: fields, environment, extra, more } = {}) => {
      const config = JSON.stringify({ ...JSON.parse(oneService(service.port, route, fields)), ...more });
      return keep(await Plane.start(config, { GATEWAY_LOG_LEVEL: 'warn', GATEWAY_LINGER_TIMEOUT_MS: '100', ...environment }, extra));
    },
  };
}
