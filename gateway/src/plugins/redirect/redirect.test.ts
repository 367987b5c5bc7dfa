import { expect, test } from '@jest/globals';
import { fakeEnvironment, fakeExchange } from '../testing/fake-exchange.js';
import { redirect } from './index.js';

async function locationOf(config: Record<string, unknown>, target: string): Promise<unknown> {
  const plugin = redirect.create({ status_code: 301, keep_incoming_path: false, ...config }, fakeEnvironment());
  const exit = await plugin.access?.(fakeExchange({ target }));
  expect(exit).toMatchObject({ status: config['status_code'] ?? 301, body: 'redirecting' });
  return exit?.headers?.['Location'];
}

test.each([
  [{ location: 'https://new.test/base?z=1' }, '/a?c=1', 'https://new.test/base?z=1'],
  [{ location: 'https://new.test/\r\nX-Evil:1', status_code: 302 }, '/', 'https://new.test/%0D%0AX-Evil:1'],
  [{ location: 'https://new.test/base?z=1#top', keep_incoming_path: true }, '/a/b?c=1', 'https://new.test/a/b?c=1#top'],
  [{ location: 'https://new.test:8443/base?z=1', keep_incoming_path: true }, '/a', 'https://new.test:8443/a'],
  [{ location: 'https://new.test', keep_incoming_path: true }, '//evil.test/\xc3\xa9', 'https://new.test//evil.test/%C3%A9'],
])('%j for %s', async (config, target, location) => {
  expect(await locationOf(config, target)).toBe(location);
});

test('a location that is no URL can’t take a path', () => {
  expect(() => redirect.create({ status_code: 301, location: '/x', keep_incoming_path: true }, fakeEnvironment())).toThrow(
    'config.location',
  );
});
