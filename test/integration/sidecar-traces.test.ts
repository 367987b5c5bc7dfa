/** One sign-in through the gateway: its span, the sidecar's and those below are one trace at the collector. */
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { call } from '@gatehouse/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type RunningProvider, startProvider } from '../../auth-sidecar/src/provider/index.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { eventually } from '../support/redis.js';
import { SidecarProcess } from '../support/sidecar-process.js';

const SETUP_MS = 60_000;
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

/** A span in OTLP's JSON encoding. */
interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
}
interface Batch {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly Span[] }[] }[];
}

const spansOf = (batches: readonly Batch[]): Span[] =>
  batches.flatMap(({ resourceSpans }) => resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)));

/** What the collector got, by who sent it. */
const sent: Readonly<Record<'gateway' | 'sidecar', Batch[]>> = { gateway: [], sidecar: [] };
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gatehouse-traces-'));
let collector: http.Server;
let provider: RunningProvider;
let sidecar: SidecarProcess;
let gateway: GatewayProcess;

function collect(request: http.IncomingMessage, response: http.ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    sent[request.url === '/gateway' ? 'gateway' : 'sidecar'].push(JSON.parse(Buffer.concat(chunks).toString()) as Batch);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
}

beforeAll(async () => {
  collector = http.createServer(collect).listen(0, '127.0.0.1');
  await new Promise((resolve) => collector.once('listening', resolve));
  const address = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
  provider = await startProvider({ port: 0 });
  sidecar = await SidecarProcess.start({
    AUTH_SIDECAR_SECRETS: 'a-secret-of-tests-that-is-long-enough',
    AUTH_OUTBOX_DIR: folder,
    INTERVIEW_KEYCLOAK_ISSUER_URL: provider.issuer,
    INTERVIEW_KEYCLOAK_CLIENT_SECRET: 'interview-development-secret-never-in-production',
    INTERVIEW_JAEGER_ENDPOINT: address,
  });
  const queue = { max_coalescing_delay: 0.1 };
  const plugin = { name: 'opentelemetry', config: { traces_endpoint: `${address}/gateway`, sampling_rate: 1, queue } };
  const route = { name: 'auth', paths: ['/auth'], strip_path: false };
  const service = { name: 'sidecar', url: sidecar.url, routes: [route], plugins: [plugin] };
  gateway = await GatewayProcess.start(JSON.stringify({ _format_version: '3.0', services: [service] }));
}, SETUP_MS);

afterAll(async () => {
  await Promise.all([gateway?.stop('SIGKILL'), sidecar?.stop('SIGKILL')]);
  await provider?.close();
  collector.close();
  collector.closeAllConnections();
  fs.rmSync(folder, { recursive: true, force: true });
});

test('has the trace that the client began, in errors and logs too', async () => {
  const headers = { traceparent: `00-${TRACE}-00f067aa0ba902b7-01` };
  const refused = await call(`${gateway.url}/auth/refresh`, { json: { refreshToken: 'none' }, headers });
  expect(refused).toMatchObject({ status: 401, json: { traceId: TRACE } });
  const own = (who: keyof typeof sent): Span[] => spansOf(sent[who]).filter(({ traceId }) => traceId === TRACE);
  await eventually('both have told', () => own('gateway').length > 0 && own('sidecar').length > 1, 20_000);
  const served = own('sidecar').find(({ name }) => name === 'POST auth-sidecar')!;
  expect(own('gateway').map(({ spanId }) => spanId)).toContain(served.parentSpanId);
  const below = own('sidecar').filter(({ parentSpanId }) => parentSpanId === served.spanId);
  expect(below.map(({ name }) => name)).toContain(`POST ${new URL(provider.issuer).origin}`);
  const line = sidecar.log.split('\n').find((one) => one.includes('HTTP: POST /auth/refresh 401'));
  expect(JSON.parse(line ?? '{}')).toMatchObject({ traceId: TRACE, statusCode: 401 });
});
