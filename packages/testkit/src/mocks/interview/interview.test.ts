import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { call } from '../../call.js';
import { ephemeralPorts, type Mocks, startMocks } from '../../start-mocks.js';

let mocks: Mocks;
const url = (service: string, path: string): string => `${mocks.urls(`interview.${service}`)[0]}${path}`;
const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

beforeAll(async () => {
  mocks = await startMocks({ systems: ['interview'], ports: ephemeralPorts });
});
afterAll(() => mocks.close());

describe('interview', () => {
  test("the profile is the caller's, and changes", async () => {
    const headers = { 'x-user-id': 'someone', 'x-user-email': 'some@one.example' };
    expect((await call(url('user', '/users/me'), { headers })).json).toMatchObject({ id: 'someone', email: 'some@one.example' });
    await call(url('user', '/users/me'), { method: 'PUT', headers, json: { title: 'Tester' } });
    expect((await call(url('user', '/users/me'), { headers })).json).toMatchObject({ id: 'someone', title: 'Tester' });
    expect((await call(url('user', '/users/me'))).json).toMatchObject({ firstName: 'Mina' });
  });

  test('an interview is made, read, changed and deleted', async () => {
    const { id } = (await call(url('interview', '/interviews'), { json: { title: 'QA', questions: [{ text: 'Why?' }] } })).json as {
      id: string;
    };
    const changed = await call(url('interview', `/interviews/${id}`), { method: 'PUT', json: { status: 'scheduled' } });
    expect(changed.json).toMatchObject({ title: 'QA', status: 'scheduled', questions: [{ text: 'Why?', limitSeconds: 120 }] });
    expect((await call(url('interview', `/interviews/${id}`), { method: 'DELETE' })).status).toBe(204);
    expect((await call(url('interview', `/interviews/${id}`))).status).toBe(404);
  });
});

describe('media', () => {
  test('a small upload comes back as it was', async () => {
    const body = Buffer.from('a short video, really');
    const sent = await call(url('media', '/media/upload?filename=a.webm'), { body, headers: { 'content-type': 'video/webm' } });
    expect(sent).toMatchObject({ status: 201, json: { filename: 'a.webm', size: body.length, sha256: sha256(body) } });
    const got = await call(url('media', `/media/${(sent.json as { id: string }).id}/content`));
    expect(got).toMatchObject({ status: 200, body, headers: { 'content-type': 'video/webm' } });
  });

  test('of a large upload the size and the digest stay', async () => {
    const body = Buffer.alloc(3 * 1024 * 1024, 'v');
    const sent = await call(url('media', '/media'), { body });
    expect(sent.json).toMatchObject({ size: body.length, sha256: sha256(body) });
    expect(mocks.requests('interview.media').at(-1)).toMatchObject({ bodyBytes: body.length, bodySha256: sha256(body) });
    const { id, size } = sent.json as { id: string; size: number };
    expect((await call(url('media', `/media/${id}/content`))).body.length).toBe(size);
  });

  test('what was there from the beginning has the digest that it states', async () => {
    const file = (await call(url('media', '/media/med_1001'))).json as { sha256: string };
    expect(sha256((await call(url('media', '/media/med_1001/content'))).body)).toBe(file.sha256);
  });

  test('ranges give parts that fit together', async () => {
    const range = (text: string) => call(url('media', '/media/sample?bytes=200000'), { headers: { range: text } });
    const whole = await call(url('media', '/media/sample?bytes=200000'));
    const [head, tail] = [await range('bytes=0-99999'), await range('bytes=100000-')];
    expect(head).toMatchObject({ status: 206, headers: { 'content-range': 'bytes 0-99999/200000', 'content-length': '100000' } });
    expect(Buffer.concat([head.body, tail.body]).equals(whole.body)).toBe(true);
    expect((await range('bytes=200000-')).status).toBe(416);
    expect((await call(url('media', '/media/sample?bytes=x'))).status).toBe(400);
  });
});
