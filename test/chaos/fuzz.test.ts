/** Random framings, damage and cuts: what the service gets is what the client sent, request by request, and never one more. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { oneService } from '../support/gateway-process.js';
import { requestsIn } from './support/front-reader.js';
import { Plane } from './support/plane.js';
import { RawClient } from './support/raw-client.js';
import type { Seen } from './support/strict-parser.js';
import { okay, StrictService } from './support/strict-service.js';

const SECONDS = process.env['GATEHOUSE_SOAK'] ? 600 : 12;
const TOGETHER = 200;
/** What is never completed waits for these: long enough for a busy machine, short enough for many cases. */
const TIMEOUTS = {
  GATEWAY_HEAD_TIMEOUT_MS: '2000',
  GATEWAY_BODY_TIMEOUT_MS: '2000',
  GATEWAY_KEEPALIVE_TIMEOUT_MS: '2000',
  GATEWAY_LINGER_TIMEOUT_MS: '1',
  GATEWAY_LOG_LEVEL: 'warn',
};

let service: StrictService;
let plane: Plane;

beforeAll(async () => {
  service = await StrictService.start({ answer: (seen) => okay(`${seen.method} ${seen.target} ${seen.body.length}`) });
  plane = await Plane.start(oneService(service.port), TIMEOUTS);
}, 30_000);

afterAll(async () => {
  for (const thing of [plane, service]) await thing?.[Symbol.asyncDispose]();
});

const EVIL = 'GET /evil HTTP/1.1\r\nHost: a\r\n\r\n';
const fragment = fc.oneof(
  fc.constantFrom(EVIL, '0\r\n\r\n', '\r\n', '\n', 'x'.repeat(300), 'POST / HTTP/1.1\r\nContent-Length: 5\r\n', 'y'.repeat(70_000)),
  fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((byte) => String.fromCharCode(byte)), maxLength: 30 }),
);
const body = fc.array(fragment, { maxLength: 4 });

function chunk(data: string, extension: string): string {
  return data === '' ? '' : `${data.length.toString(16)}${extension}\r\n${data}\r\n`;
}

const framed = fc.oneof(
  fc.constant(['', '']),
  body.map((parts) => [`Content-Length: ${parts.join('').length}\r\n`, parts.join('')]),
  fc
    .tuple(body, fc.constantFrom('', ';x', ' ;a="b"', '\t'), fc.constantFrom('', 'T: 1\r\n', 'Content-Length: 9\r\n'))
    .map(([parts, extension, trailer]) => [
      'Transfer-Encoding: chunked\r\n',
      `${parts.map((part) => chunk(part, extension)).join('')}0\r\n${trailer}\r\n`,
    ]),
);
const more = fc.constantFrom(
  '',
  'X: y\r\n',
  'X_Y: z\r\n',
  'Connection: keep-alive\r\n',
  'Expect: 100-continue\r\n',
  'X: \r\n',
  'X(: y\r\n',
);
const request = fc
  .tuple(fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'A_B'), more, framed, fc.constantFrom('', '', '\r\n'))
  .map(([method, header, [framing, content], before]) => ({ method, text: `Host: a\r\n${header}${framing}\r\n${content}`, before }));

const damage = fc.record({
  kind: fc.constantFrom('none', 'line', 'line', 'insert', 'replace', 'delete'),
  line: fc.double({ min: 0, max: 0.999, noNaN: true }),
  column: fc.nat(30),
  text: fc.oneof(
    fc.constantFrom('Content-Length: 3\r\n', 'Content-Length: 0\r\n', 'Transfer-Encoding: chunked\r\n', 'Transfer-Encoding:\tchunked\r\n'),
    fc.constantFrom('\r', '\n', '\0', ' ', '\t', ':', ';', ',', '\r\n', '\n\n', '\x0b', '\xc3\xa9', '0', '1', 'f', '-', '+', '"'),
    fc.constantFrom(' folded\r\n', ' Content-Length: 3\r\n', 'Content-Length : 3\r\n', 'Content-Length: 3\n', EVIL),
  ),
});

interface Case {
  readonly sent: string;
  readonly pieces: string[];
  readonly whole: boolean;
}

function cut(text: string, cuts: readonly number[]): string[] {
  const points = [0, ...cuts.map((part) => Math.floor(part * text.length)).sort((a, b) => a - b), text.length];
  return points.slice(1).map((end, i) => text.slice(points[i], end));
}

interface Harm {
  readonly kind: string;
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

/** Harm sits where framing is written: a line is chosen first, as bodies are most of the bytes. */
function damaged(text: string, { kind, line, column, text: extra }: Harm): string {
  const starts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
  const start = starts[Math.floor(line * starts.length)]!;
  if (kind === 'line') return text.slice(0, start) + extra + text.slice(start);
  const place = start + column;
  if (kind === 'insert') return text.slice(0, place) + extra + text.slice(place);
  if (kind === 'replace') return text.slice(0, place) + extra + text.slice(place + extra.length);
  return kind === 'delete' ? text.slice(0, place) + text.slice(place + 1) : text;
}

const sequence = fc
  .tuple(fc.array(request, { minLength: 1, maxLength: 5 }), damage, fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 }))
  .map(([requests, harm, cuts]): Case => {
    const last = { method: 'GET', before: '', text: 'Host: a\r\nConnection: close\r\n\r\n' };
    const texts = [...requests, last].map(({ method, before, text }, i) => `${before}${method} /${i} HTTP/1.1\r\n${text}`);
    const sent = damaged(texts.join(''), harm);
    return { sent, pieces: cut(sent, cuts), whole: harm.kind === 'none' };
  });

/** The address that tells a case's requests from the others' behind the gateway, which vouches for it. */
const addressOf = (i: number): string => `127.0.1.${i + 1}`;

async function run({ sent, pieces }: Case, i: number): Promise<RawClient> {
  const client = await RawClient.connect(plane.port, addressOf(i));
  await client.send(...pieces);
  await client.end().catch(() => {
    throw new Error(`${short(sent)}: never closed, answered ${client.answers().list.map(({ status }) => status)}`);
  });
  return client;
}

/** Without long runs. */
const short = (text: string): string => JSON.stringify(text).replace(/(.)\1{40,}/g, '$1…');

/** Escapes are decoded: the gateway writes them where a client did not. */
const shape = ({ method, target, body: content }: Pick<Seen, 'method' | 'target' | 'body'>): string =>
  `${method} ${target.replace(/%([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))} ${content.toString('latin1')}`;

function check({ sent, whole }: Case, client: RawClient, i: number): void {
  const front = requestsIn(sent);
  const behind = service.seen.filter(({ headers }) => headers.some(([name, value]) => name === 'x-real-ip' && value === addressOf(i)));
  expect(behind.map(shape)).toEqual(front.slice(0, behind.length).map(shape));
  if (whole) expect(behind.length).toBe(front.length);
  const answers = client.answers().list.filter(({ status }) => status === 200);
  expect(answers.map((answer) => answer.body)).toEqual(
    behind.slice(0, answers.length).map(({ method, target, body: content }) => `${method} ${target} ${content.length}`),
  );
}

/** Says which case failed. */
function explained({ sent, pieces }: Case, client: RawClient, step: () => void): void {
  try {
    step();
  } catch (error) {
    const statuses = client.answers().list.map(({ status }) => status);
    throw new Error(
      `${short(sent)} in pieces of ${pieces.map((piece) => piece.length)}, answered ${statuses}: ${(error as Error).message}`,
    );
  }
}

function report({ failed, seed, counterexamplePath, errorInstance }: fc.RunDetails<[Case[]]>): void {
  if (failed) throw new Error(`seed ${seed}, path ${counterexamplePath}: ${(errorInstance as Error).message.slice(0, 4000)}`);
}

test(
  'in front and behind, the same requests',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(sequence, { minLength: TOGETHER, maxLength: TOGETHER }), async (cases) => {
        service.clear();
        const clients = await Promise.all(cases.map(run));
        expect(service.faults).toEqual([]);
        cases.forEach((each, i) => {
          explained(each, clients[i]!, () => check(each, clients[i]!, i));
        });
      }),
      { interruptAfterTimeLimit: SECONDS * 1000, numRuns: 100_000, endOnFailure: true, reporter: report },
    );
    expect(plane.alive).toBe(true);
  },
  (SECONDS + 30) * 1000,
);
