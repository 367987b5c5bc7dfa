import { describe, expect, test } from '@jest/globals';
import { fakeEnvironment, fakeExchange } from '../testing/fake-exchange.js';
import { botDetection } from './index.js';

async function ask(agent: string | string[] | null, config: Record<string, unknown> = {}): Promise<number | undefined> {
  const plugin = botDetection.create({ allow: null, deny: null, ...config }, fakeEnvironment());
  const exchange = fakeExchange(agent === null ? {} : { headers: { 'User-Agent': agent } });
  await plugin.access?.(exchange);
  return (await plugin.access?.(exchange))?.status;
}

describe('known bots', () => {
  test.each([
    'Mozilla/5.0 (compatible; Googlebot/2.1)',
    'facebookexternalhit/1.1',
    'Twitterbot/1.0',
    'aws-sdk-go/1.2.3',
    'Mozilla/5.0 PTST/123.4',
    'Mozilla/5.0 /examplebot 1',
    'Steeler/3.5',
    'MSIE 6.0; Windows; MSIECrawler',
    'Go-http-client/1.1',
    'axios/1.6',
    'unirest-java/1.3',
    '  NING  ',
    'my archiver/2',
    'SomeSpIdEr',
    'Slackbot-LinkExpanding 1.0',
  ])('%s', async (agent) => {
    expect(await ask(agent)).toBe(403);
  });

  test.each([
    'Mozilla/5.0 (X11; Linux x86_64) Firefox/120.0',
    'curl/8.0',
    'x NING',
    'facebookexternalhit',
    'robot',
    '',
    'PostmanRuntime/7',
  ])('%s is none', async (agent) => {
    expect(await ask(agent)).toBeUndefined();
  });
});

test('own rules: allow before deny before the known ones', async () => {
  expect(await ask('Googlebot/2.1', { allow: ['Googlebot'] })).toBeUndefined();
  expect(await ask('bingbot', { allow: ['Googlebot'] })).toBe(403);
  expect(await ask('curl/8.0', { deny: ['^curl'] })).toBe(403);
  expect(await ask('curl/8.0', { deny: ['^curl'], allow: ['curl/8'] })).toBeUndefined();
});

test('no User-Agent passes, two are refused', async () => {
  expect(await ask(null)).toBeUndefined();
  expect(await ask(['a', 'b'])).toBe(400);
});

test('a rule of PCRE alone is refused by its field', () => {
  expect(() => botDetection.create({ allow: null, deny: ['a', 'a++'] }, fakeEnvironment())).toThrow('config.deny[1]');
});
