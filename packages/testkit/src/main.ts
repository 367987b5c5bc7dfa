import { type Service, services, systems } from './services.js';
import { type Mocks, startMocks } from './start-mocks.js';
import { readSecrets } from './tokens.js';

const MAX_TARGETS = 16;

/** The ports of a service: comma-separated in its variable, else its defaults. Error when one is no port. */
function portsFrom(environment: NodeJS.ProcessEnv, service: Service): readonly number[] {
  const text = environment[service.portVariable];
  if (text === undefined || text === '') return service.ports;
  const ports = text.split(',').map((part) => Number(part.trim()));
  const fits = ports.length <= MAX_TARGETS && ports.every((port) => Number.isInteger(port) && port >= 0 && port <= 65_535);
  if (!fits) throw new Error(`${service.portVariable} must be one or more ports, comma-separated: ${text}`);
  return ports;
}

function table(mocks: Mocks): string {
  const rows = systems.map((system) => {
    const own = services.filter((service) => service.system === system);
    return `  ${system.padEnd(10)} ${own.map(({ name }) => `${name} ${mocks.ports(`${system}.${name}`).join(',')}`).join('  ')}`;
  });
  return `mock services are ready:\n${rows.join('\n')}`;
}

/** `gatehouse mocks`: plays every service until SIGTERM or SIGINT. Exit code 1 when a port is taken or a canned reply is wrong. */
export async function main(_command: string, args: string[]): Promise<void> {
  if (args.includes('--help') || args.includes('-h')) {
    console.log('usage: gatehouse mocks   (ports from MOCK_SYSTEM_SERVICE_PORT)');
    process.exit(0);
  }
  if (args.length > 0) {
    console.error(`gatehouse mocks: unknown option "${args[0]}"\ntry: gatehouse mocks --help`);
    process.exit(2);
  }
  try {
    const mocks = await startMocks({
      ports: (service) => portsFrom(process.env, service),
      host: process.env['MOCK_HOST'] ?? '127.0.0.1',
      secrets: readSecrets(process.env),
      warn: (line) => console.error(line),
    });
    console.log(table(mocks));
    const end = (): void => {
      void mocks.close().then(() => process.exit(0));
    };
    process.once('SIGTERM', end);
    process.once('SIGINT', end);
  } catch (error) {
    console.error(`gatehouse mocks: ${(error as Error).message}`);
    process.exit(1);
  }
}
