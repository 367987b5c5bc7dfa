/** The choice between containers and native parts, by a runtime that is made up. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { choose, IMAGES, PartsError, providerOf, type Runtime } from './choice.js';

const native = { redis: 'native', kafka: 'native', keycloak: 'native' };
const contained = { redis: 'containers', kafka: 'containers', keycloak: 'containers' };
const all = Object.values(IMAGES);

function runtime(images: readonly string[], sharesNetwork = true): () => Promise<Runtime> {
  return async () => ({ sharesNetwork, has: async (image) => images.includes(image) });
}
const none = (): Promise<Runtime> => Promise.reject(new Error('no Docker'));
const never = (): Promise<Runtime> => {
  throw new Error('nobody was to ask for a runtime');
};

describe('without a wish', () => {
  test('all parts are native where there is no runtime', async () => {
    expect(await choose(undefined, none)).toEqual({ providers: native, reaper: false });
    expect(await choose('', none)).toEqual({ providers: native, reaper: false });
  });

  test.each(Object.entries(IMAGES))('%s alone is in a container where only its image is local', async (part, image) => {
    expect((await choose(undefined, runtime([image]))).providers).toEqual({ ...native, [part]: 'containers' });
  });

  test('all parts are in containers where all images are local, and the reaper is used where its own is', async () => {
    expect(await choose(undefined, runtime(all))).toEqual({ providers: contained, reaper: false });
    expect(await choose(undefined, runtime([...all, 'testcontainers/ryuk:0.14.0']))).toEqual({ providers: contained, reaper: true });
  });

  test('an image of another version is not taken', async () => {
    expect((await choose(undefined, runtime(['redis:8', 'redis', 'apache/kafka:3.9.0']))).providers).toEqual(native);
  });

  test('a runtime with a network of its own is not used, and one that fails is none', async () => {
    expect((await choose(undefined, runtime(all, false))).providers).toEqual(native);
    const broken = async (): Promise<Runtime> => ({ sharesNetwork: true, has: () => Promise.reject(new Error('gone')) });
    expect((await choose(undefined, broken)).providers).toEqual(native);
  });
});

describe('GATEHOUSE_PARTS', () => {
  test('native asks no runtime', async () => {
    expect((await choose('native', never)).providers).toEqual(native);
  });

  test('containers takes them without local images, too, and fails where they cannot be', async () => {
    expect((await choose('containers', runtime([]))).providers).toEqual(contained);
    await expect(choose('containers', none)).rejects.toThrow(PartsError);
    await expect(choose('containers', runtime(all, false))).rejects.toThrow(PartsError);
  });

  test('another word is refused', async () => {
    await expect(choose('podman', none)).rejects.toMatchObject({ code: 'TEST_PARTS' });
  });
});

test('a choice that was made is not made again', async () => {
  const env = { GATEHOUSE_PARTS: 'podman', GATEHOUSE_PARTS_CHOSEN: JSON.stringify({ ...native, kafka: 'containers' }) };
  expect(await providerOf('kafka', env)).toBe('containers');
  expect(await providerOf('redis', env)).toBe('native');
});

test('the choice is made by whoever comes first, and left for the others', async () => {
  const env: NodeJS.ProcessEnv = { GATEHOUSE_PARTS: 'native' };
  expect(await providerOf('redis', env)).toBe('native');
  expect(env).toMatchObject({ GATEHOUSE_PARTS_CHOSEN: JSON.stringify(native), TESTCONTAINERS_RYUK_DISABLED: 'true' });
});

test('images and native installations are of the same versions', () => {
  const script = (name: string): string => fs.readFileSync(path.resolve(import.meta.dirname, '../../../scripts', name), 'utf8');
  const kafka = /^version=(.+)$/m.exec(script('kafka-server.sh'))?.[1];
  const keycloak = /^VERSION=(.+)$/m.exec(script('keycloak.sh'))?.[1];
  expect(IMAGES.kafka).toBe(`apache/kafka:${kafka}`);
  expect(`${keycloak}.`).toMatch(new RegExp(`^${IMAGES.keycloak.split(':')[1]?.replace('.', '\\.')}\\.`));
});
