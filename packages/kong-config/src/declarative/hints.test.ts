import { expect, test } from '@jest/globals';
import { withPlugin } from '../testing/load-text.js';
import { formatFault } from './format.js';
import { parseDeclarative } from './load.js';

function lines(text: string): string[] {
  return parseDeclarative(`_format_version: "3.0"\n${text}`, 'k.yml').faults.map(formatFault);
}

test.each([
  ['services: [{nmae: s, host: a}]', "k.yml: services[0].nmae: unknown field (did you mean 'name'?)"],
  ['services: [{host: a, port: "80"}]', 'k.yml: services[0].port: expected an integer (write 80 without quotes)'],
  ['services: [{host: a, read_timeout: 5s}]', 'k.yml: services[0].read_timeout: expected an integer (write a number without a unit)'],
  ['services: [{host: a, retries: 1.5}]', 'k.yml: services[0].retries: expected an integer (write a whole number)'],
  ['services: [{host: 5}]', 'k.yml: services[0].host: expected a string (write it in quotes: "5")'],
  ['services: [{host: a, path: b}]', "k.yml: services[0].path: should start with: / (write '/b')"],
  ['services: [{host: a, protocol: htps}]', /^k\.yml: services\[0\]\.protocol: expected one of: .* \(did you mean 'https'\?\)$/],
  ['routes: [{paths: /a}]', 'k.yml: routes[0].paths: expected an array (write a list: ["/a"])'],
  ['routes: [{paths: ["~a"]}]', "k.yml: routes[0].paths[0]: should start with: / (fixed path) or ~/ (regex path) (write '~/a')"],
  ['routes: [{paths: [/a], methods: [get]}]', "k.yml: routes[0].methods[0]: invalid value: get (write 'GET')"],
  ['routes: [{paths: [/a], strip_path: "no"}]', 'k.yml: routes[0].strip_path: expected a boolean (write true or false without quotes)'],
  [
    'routes: [{paths: [/a], service: shop}]\nservices: [{name: shops, host: a}]',
    /no such entry in 'services'\) \(did you mean 'shops'\?\)$/,
  ],
  [withPlugin('name: crs'), /plugin 'crs' not enabled.*\(did you mean 'cors'\?\)$/],
  ['_info: {}', "k.yml: _info: unknown field (decK's own; render the state file first)"],
])('%s', (text, line) => {
  expect(lines(text)).toEqual([typeof line === 'string' ? line : expect.stringMatching(line)]);
});

test('a fault is one line, whatever the file holds', () => {
  const fault = { file: 'a\n.yml', path: '["\u2028"]', message: 'b\r\n\u001b[31m', hint: 'c\u0000' };
  expect(formatFault(fault)).toBe('a .yml: [" "]: b [31m (c )');
});
