import { describe, expect, test } from '@jest/globals';
import { formFor, kongError, nginxError } from './error-body.js';

describe('the form of an error', () => {
  test.each([
    [undefined, 'json'],
    ['', 'json'],
    ['*/*', 'json'],
    ['image/*', 'json'],
    ['text/html', 'html'],
    ['text/*', 'plain'],
    ['application/xml', 'xml'],
    ['text/html;q=0.1, application/json', 'json'],
    ['text/html;q=0.2, text/plain;q=0.3', 'plain'],
    ['text/html; level=1; q=0.2, text/plain;q=0.3', 'plain'],
    ['text/html;q=0.001, text/plain;q=0.0005', 'html'],
    ['text/html;q=0', 'json'],
    [`${'x'.repeat(1100)}, text/html`, 'html'],
    ['application/grpc', 'grpc'],
  ])('%j: %s', (accept, form) => expect(formFor(accept)).toBe(form));

  test('a gRPC client gets no text from Lua and JSON without an id from nginx, as in Kong', () => {
    expect(kongError(404, 'no Route', 'application/grpc', 'id')).toEqual({ contentType: '', text: '' });
    expect(nginxError(502, 'application/grpc', undefined, 'id').text).not.toContain('id"');
  });
});
