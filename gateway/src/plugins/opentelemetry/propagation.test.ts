import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { headerList, plainHeaders } from '../testing/fake-exchange.js';
import type { Format, Injected } from './context.js';
import { extract } from './extract.js';
import { inject } from './inject.js';

const T = '0af7651916cd43dd8448eb211c80319c';
const S = 'b7ad6b7169203331';
const all: Format[] = ['b3', 'w3c', 'jaeger', 'ot', 'datadog', 'aws', 'gcp'];

describe('extract', () => {
  test.each([
    [{ traceparent: `00-${T}-${S}-01` }, { format: 'w3c', traceId: T, spanId: S, sampled: true }],
    [{ traceparent: `00-${T}-${S}-00` }, { format: 'w3c', sampled: false }],
    [{ b3: `${T}-${S}-d-${S}` }, { format: 'b3-single', traceId: T, spanId: S, sampled: true, debug: true }],
    [{ b3: `${T.slice(16)}-${S}` }, { traceId: `${'0'.repeat(16)}${T.slice(16)}`, sentDigits: 16, sampled: undefined }],
    [{ b3: '0' }, { format: 'b3-single', traceId: null, sampled: false }],
    [
      { 'x-b3-traceid': T, 'x-b3-spanid': S, 'x-b3-sampled': '1' },
      { format: 'b3', traceId: T, sampled: true },
    ],
    [{ 'x-b3-flags': '1' }, { format: 'b3', traceId: null, sampled: true, debug: true }],
    [
      { 'uber-trace-id': `${T}:${S}:0:1`, 'uberctx-user': 'a%20b' },
      { format: 'jaeger', traceId: T, sampled: true, baggage: new Map([['user', 'a b']]) },
    ],
    [
      { 'ot-tracer-traceid': T.slice(16), 'ot-tracer-spanid': S, 'ot-tracer-sampled': '1' },
      { format: 'ot', sentDigits: 16, sampled: true },
    ],
    [
      { 'x-datadog-trace-id': '255', 'x-datadog-parent-id': '16' },
      { format: 'datadog', traceId: 'ff'.padStart(32, '0'), spanId: '10'.padStart(16, '0') },
    ],
    [{ 'x-datadog-sampling-priority': '-1' }, { format: 'datadog', traceId: null, sampled: false }],
    [
      { 'x-amzn-trace-id': `Root=1-${T.slice(0, 8)}-${T.slice(8)};Parent=${S};Sampled=1` },
      { format: 'aws', traceId: T, spanId: S, sampled: true },
    ],
    [{ 'x-cloud-trace-context': `${T}/255;o=1` }, { format: 'gcp', traceId: T, spanId: 'ff'.padStart(16, '0'), sampled: true }],
  ] as [Record<string, string>, object][])('%j', (headers, expected) => {
    expect(extract(headerList(headers), all)).toMatchObject(expected);
  });

  test.each([
    {},
    { traceparent: `01-${T}-${S}-01` },
    { traceparent: `00-${'0'.repeat(32)}-${S}-01` },
    { traceparent: 'x' },
    { b3: 'nonsense' },
    { 'uber-trace-id': `${T}:0:0:1` },
    { 'x-datadog-trace-id': 'ff' },
    { 'x-datadog-sampling-priority': '7', 'x-datadog-trace-id': '1' },
    { 'x-amzn-trace-id': 'Root=2-x' },
    { 'x-cloud-trace-context': T },
  ])('%j says nothing', (headers) => {
    expect(extract(headerList(headers as Record<string, string>), all)).toBeNull();
  });

  test('only what is asked for, the first that is there', () => {
    const headers = headerList({ traceparent: `00-${T}-${S}-01`, 'x-b3-traceid': T, 'x-b3-spanid': S });
    expect(extract(headers, ['gcp'])).toBeNull();
    expect(extract(headers, ['w3c', 'b3'])?.format).toBe('w3c');
    expect(extract(headers, ['b3', 'w3c'])?.format).toBe('b3');
  });

  test('any header is taken', () => {
    const name = fc.constantFrom(
      'traceparent',
      'b3',
      'tracestate',
      'uber-trace-id',
      'x-amzn-trace-id',
      'x-cloud-trace-context',
      'x-datadog-trace-id',
    );
    const text = fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-f:;=/-]{0,60}$/));
    fc.assert(fc.property(fc.dictionary(name, text), (headers) => void extract(headerList(headers), all)));
  });
});

describe('inject', () => {
  const context: Injected = {
    traceId: T,
    sentDigits: 32,
    spanId: S,
    parentId: 'c'.repeat(16),
    sampled: true,
    debug: false,
    baggage: new Map([['u', 'a b']]),
  };
  test.each([
    ['w3c', { traceparent: `00-${T}-${S}-01` }],
    ['b3', { 'x-b3-traceid': T, 'x-b3-spanid': S, 'x-b3-parentspanid': 'c'.repeat(16), 'x-b3-sampled': '1' }],
    ['b3-single', { b3: `${T}-${S}-1-${'c'.repeat(16)}` }],
    ['jaeger', { 'uber-trace-id': `${T}:${S}:${'c'.repeat(16)}:01`, 'uberctx-u': 'a%20b' }],
    ['ot', { 'ot-tracer-traceid': T, 'ot-tracer-spanid': S, 'ot-tracer-sampled': '1', 'ot-baggage-u': 'a%20b' }],
    [
      'datadog',
      { 'x-datadog-trace-id': '9532127138774266268', 'x-datadog-parent-id': '13235353014750950193', 'x-datadog-sampling-priority': '1' },
    ],
    ['aws', { 'x-amzn-trace-id': `Root=1-${T.slice(0, 8)}-${T.slice(8)};Parent=${S};Sampled=1` }],
    ['gcp', { 'x-cloud-trace-context': `${T}/13235353014750950193;o=1` }],
  ] as [Format, Record<string, string>][])('%s', (format, expected) => {
    const headers = headerList();
    inject(headers, [format], context);
    expect(plainHeaders(headers)).toEqual(expected);
  });

  test('what is written can be read', () => {
    for (const format of ['w3c', 'b3', 'b3-single', 'jaeger', 'ot', 'aws', 'gcp'] as Format[]) {
      const headers = headerList();
      inject(headers, [format], { ...context, sampled: false });
      expect(extract(headers, all)).toMatchObject({ format, traceId: T, spanId: S, sampled: false });
    }
  });
});
