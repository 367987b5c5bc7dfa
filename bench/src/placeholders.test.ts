import { expect, test } from '@jest/globals';
import { fill, portName } from './placeholders.js';

test('replaces every placeholder and leaves configuration languages their own', () => {
  const values = { PORT: '8000', UPSTREAM_PORT: '9000' };
  expect(fill('listen __PORT__; proxy_pass http://$host:__UPSTREAM_PORT____PORT__ $HOME __init__', values)).toBe(
    'listen 8000; proxy_pass http://$host:90008000 $HOME __init__',
  );
});

test('refuses a placeholder without a value', () => {
  expect(() => fill('__REDIS_PORT__', {})).toThrow(/REDIS_PORT/);
});

test('names the port of a backend', () => {
  expect(portName('key-server')).toBe('KEY_SERVER_PORT');
});
