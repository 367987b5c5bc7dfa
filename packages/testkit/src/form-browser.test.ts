import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FormBrowser } from './form-browser.js';

let server: Server;
let origin = '';
const seen: string[] = [];

const pages: Readonly<Record<string, (request: IncomingMessage, response: ServerResponse) => void>> = {
  '/set': (_, response) =>
    response
      .writeHead(302, {
        Location: '/here/page',
        'Set-Cookie': ['a=1; Path=/', 'b=2; Path=/here', 'c=3; Path=/elsewhere', 'd=4; Secure', 'e=5; Max-Age=0'],
      })
      .end(),
  '/unset': (_, response) => response.writeHead(204, { 'Set-Cookie': 'a=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT' }).end(),
  '/here/page': (_, response) =>
    response.end(`<form id="f" action="/take?x=1&amp;y=2" method="post"><input type="hidden" name="token" value="&quot;t&#38;&quot;">
      <input name="shown" value="no"><input type='hidden' name='other' value='o'></form><form action="/second"></form>`),
  '/take': (request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += String(chunk);
    });
    request.on('end', () => response.writeHead(303, { Location: `/end?${body}` }).end());
  },
  '/end': (request, response) => response.end(`${request.method}`),
  '/again': (_, response) => response.writeHead(307, { Location: '/take' }).end(),
  '/round': (_, response) => response.writeHead(302, { Location: '/round' }).end(),
};

beforeAll(async () => {
  server = createServer((request, response) => {
    const path = request.url!.split('?')[0]!;
    seen.push(`${request.method} ${path} ${request.headers.host} ${request.headers.cookie ?? ''}`.trim());
    const page = pages[path];
    if (page === undefined) response.writeHead(404).end();
    else page(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
});

describe('a form browser', () => {
  test('keeps cookies for their paths, and follows redirects', async () => {
    const browser = new FormBrowser();
    const page = await browser.visit(`${origin}/set`);
    expect(page.url).toBe(`${origin}/here/page`);
    expect(seen.at(-1)).toMatch(/a=1; b=2; d=4$/);
    expect([browser.cookie('127.0.0.1', 'c'), browser.cookie('127.0.0.1', 'e')]).toEqual(['3', undefined]);
    await browser.visit(`${origin}/unset`);
    expect(browser.cookie('127.0.0.1', 'a')).toBeUndefined();
  });

  test('fills in the first form of a page, with what it hides', async () => {
    const browser = new FormBrowser();
    const page = await browser.visit(`${origin}/here/page`);
    const end = await browser.submit(page, { name: 'Mina & Co' });
    expect(end).toMatchObject({ url: `${origin}/end?token=%22t%26%22&other=o&name=Mina+%26+Co`, text: 'GET' });
    await expect(browser.submit(end, {})).rejects.toThrow('no form at');
  });

  test('stops where it is told to, keeps the method of a 307, and does not run in circles', async () => {
    const browser = new FormBrowser();
    const stopped = await browser.visit(`${origin}/set`, { until: ({ pathname }) => pathname === '/here/page' });
    expect([stopped.status, stopped.headers.location]).toEqual([302, '/here/page']);
    const taken = await browser.visit(`${origin}/again`, { method: 'POST', body: 'a=b' });
    expect(taken.url).toBe(`${origin}/end?a=b`);
    await expect(browser.visit(`${origin}/round`)).rejects.toThrow('more than 10 redirects');
  });

  test('finds *.localhost and other names on this machine; a secure cookie waits for TLS elsewhere', async () => {
    const { port } = new URL(origin);
    const browser = new FormBrowser({ reach: (url) => (url.hostname === 'app.example' ? origin : undefined) });
    await browser.visit(`http://interview.localhost:${port}/set`);
    expect(seen.at(-1)).toBe(`GET /here/page interview.localhost:${port} a=1; b=2; d=4`);
    await browser.visit('http://app.example/set');
    expect(seen.at(-1)).toBe('GET /here/page app.example a=1; b=2');
  });
});
