/** Where the real parts of the tests come from: a container where a runtime and the image are there, else a process of this machine. */

/** The images, one a part; versions are those of the native installation (`scripts/*.sh`). */
export const IMAGES = {
  redis: 'redis:7',
  kafka: 'apache/kafka:4.3.1',
  keycloak: 'quay.io/keycloak/keycloak:26.7',
} as const;

/** Removes the containers of a run that was killed; the version that testcontainers asks for. */
const REAPER_IMAGE = 'testcontainers/ryuk:0.14.0';
const RUNTIME_MS = 5_000;

export type PartName = keyof typeof IMAGES;
export type Provider = 'containers' | 'native';
export type Providers = Readonly<Record<PartName, Provider>>;

/** What the choice asks of a container runtime. */
export interface Runtime {
  /** Whether its containers can use this machine's own network, so that a part is at 127.0.0.1 and reaches us there. */
  readonly sharesNetwork: boolean;
  /** Whether an image is local: nothing is pulled. */
  has(image: string): Promise<boolean>;
}

export interface Choice {
  readonly providers: Providers;
  /** Whether the reaper's image is local, too. */
  readonly reaper: boolean;
}

/** `GATEHOUSE_PARTS` cannot be obeyed. */
export class PartsError extends Error {
  readonly code = 'TEST_PARTS';
}

const all = (provider: Provider): Providers => ({ redis: provider, kafka: provider, keycloak: provider });

async function imagesOf(runtime: Runtime): Promise<Providers> {
  const names = Object.keys(IMAGES) as PartName[];
  const found = await Promise.all(names.map((part) => runtime.has(IMAGES[part])));
  return Object.fromEntries(names.map((part, n) => [part, found[n] ? 'containers' : 'native'])) as Providers;
}

/**
 * Chooses for each part.
 * @param wish `GATEHOUSE_PARTS`: `native`, `containers` (missing images are then pulled), or nothing for whatever is there
 * @param connect finds the runtime; rejects where there is none
 * @throws PartsError for another wish, and for containers without a runtime that can hold them
 */
export async function choose(wish: string | undefined, connect: () => Promise<Runtime>): Promise<Choice> {
  const open = wish === undefined || wish === '';
  if (wish === 'native') return { providers: all('native'), reaper: false };
  if (!open && wish !== 'containers') throw new PartsError(`GATEHOUSE_PARTS is native or containers, not ${wish}`);
  try {
    const runtime = await connect();
    if (!runtime.sharesNetwork) throw new PartsError("the container runtime's network is not this machine's");
    const reaper = await runtime.has(REAPER_IMAGE);
    return { providers: open ? await imagesOf(runtime) : all('containers'), reaper };
  } catch (cause) {
    if (open) return { providers: all('native'), reaper: false };
    throw new PartsError('GATEHOUSE_PARTS=containers, but there is no container runtime for them', { cause });
  }
}

/** The runtime that testcontainers finds. Its library is loaded here, and never where parts are native by wish. */
async function localRuntime(): Promise<Runtime> {
  const { getContainerRuntimeClient, ImageName } = await import('testcontainers');
  const client = await getContainerRuntimeClient();
  // Docker Desktop's containers run in a machine of their own.
  const ours = process.platform === 'linux' && client.info.containerRuntime.operatingSystem !== 'Docker Desktop';
  return { sharesNetwork: ours, has: (image) => client.image.exists(ImageName.fromString(image)) };
}

/** A runtime that says nothing is none. */
function inTime(runtime: Promise<Runtime>): Promise<Runtime> {
  const { promise, reject } = Promise.withResolvers<Runtime>();
  const timer = setTimeout(() => reject(new PartsError(`the container runtime says nothing for ${RUNTIME_MS} ms`)), RUNTIME_MS);
  return Promise.race([runtime, promise]).finally(() => clearTimeout(timer));
}

/** Chooses once and leaves the choice in the environment, where test workers and testcontainers find it. */
export async function settle(env: NodeJS.ProcessEnv = process.env): Promise<Providers> {
  const { providers, reaper } = await choose(env['GATEHOUSE_PARTS'], () => inTime(localRuntime()));
  env['GATEHOUSE_PARTS_CHOSEN'] = JSON.stringify(providers);
  if (!reaper) env['TESTCONTAINERS_RYUK_DISABLED'] = 'true';
  return providers;
}

/** Who provides a part in this run. */
export async function providerOf(part: PartName, env: NodeJS.ProcessEnv = process.env): Promise<Provider> {
  const chosen = env['GATEHOUSE_PARTS_CHOSEN'];
  const providers = chosen === undefined ? await settle(env) : (JSON.parse(chosen) as Providers);
  return providers[part];
}
