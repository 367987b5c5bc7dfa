import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { pluginSchemas } from '../plugins/index.js';
import { formatFault } from './format.js';
import { parseDeclarative } from './load.js';

/** Either a configuration or faults, each of one line with a file. */
function check(text: string, file: string): void {
  const { config, faults } = parseDeclarative(text, file);
  expect(config === null).toBe(faults.length > 0);
  for (const fault of faults) expect(formatFault(fault)).toMatch(/^f\.(?:yml|json): [^\n]+$/);
}

test('any text is read or refused', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => check(text, 'f.yml')));
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => check(text, 'f.json')));
});

test('any YAML-like text is read or refused', () => {
  const pieces = fc.constantFrom(
    'a',
    '- ',
    ': ',
    '\n',
    '  ',
    '[',
    ']',
    '{',
    '}',
    '&x ',
    '*x',
    '<<',
    '"',
    "'",
    '|',
    '>',
    '#',
    '!',
    '!!int ',
    '---\n',
    '? ',
    ',',
    '\t',
    '1',
    '~',
    '%',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 40 }), (list) => check(list.join(''), 'f.yml')),
    { numRuns: 300 },
  );
});

const ENTITIES = 'services routes upstreams targets consumers plugins certificates snis ca_certificates vaults keys key_sets'.split(' ');
const CREDENTIALS = 'keyauth_credentials basicauth_credentials hmacauth_credentials jwt_secrets acls'.split(' ');
const FIELDS = `id name host url path port protocol protocols paths methods headers hosts snis service route consumer config tags target
  upstream username custom_id key group algorithm hash_on hash_fallback healthchecks cert prefix enabled url _comment _ignore limits redis
  redis_host origins add minute policy`.split(/\s+/);
const NAMES = [...ENTITIES, ...CREDENTIALS, ...FIELDS];
const WORDS = [
  'a',
  '/a',
  '~/(',
  'http',
  'https',
  'tcp',
  'redis',
  'http://a:b/',
  '',
  '*',
  '{vault://env/a}',
  'x:y',
  'header',
  ...pluginSchemas.keys(),
];

/** Nested values whose keys and texts are those that the schemas know. */
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    fc.constantFrom<unknown>(...WORDS, null, true, false, 0, 1, -1, 1.5, 1e9),
    fc.dictionary(fc.constantFrom(...NAMES), tie('tree'), { maxKeys: 6 }),
    fc.array(tie('tree'), { maxLength: 4 }),
  ),
}));

test('any configuration-like value is read or refused', () => {
  const lists = fc.dictionary(fc.constantFrom(...ENTITIES, ...CREDENTIALS), fc.array(tree, { maxLength: 4 }));
  fc.assert(
    fc.property(lists, fc.constantFrom('1.1', '3.0'), (entities, version) => {
      check(JSON.stringify({ _format_version: version, ...entities }), 'f.json');
    }),
    { numRuns: 150 },
  );
});

test('every plugin takes any configuration or refuses it', () => {
  fc.assert(
    fc.property(fc.constantFrom(...pluginSchemas.keys()), tree, (name, config) => {
      check(JSON.stringify({ _format_version: '3.0', plugins: [{ name, config }] }), 'f.json');
    }),
    { numRuns: 150 },
  );
});

test('what was accepted is accepted again with every default written out', () => {
  const service = fc.record(
    { name: fc.constantFrom('s', 't'), host: fc.domain(), port: fc.nat(65535), retries: fc.nat(32767) },
    { requiredKeys: ['host'] },
  );
  fc.assert(
    fc.property(fc.uniqueArray(service, { selector: ({ name }) => name ?? '', maxLength: 2 }), (services) => {
      const first = parseDeclarative(JSON.stringify({ _format_version: '3.0', services }), 'f.json');
      const again = parseDeclarative(JSON.stringify({ _format_version: '3.0', services: first.config?.services }), 'f.json');
      expect(again).toEqual(first);
    }),
  );
});
