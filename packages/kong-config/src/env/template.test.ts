import { describe, expect, test } from '@jest/globals';
import { Environment } from './environment.js';
import { isLoneExpression, resolveText } from './template.js';

const values = {
  GONGBU_PORT: '8000',
  GONGBU_ON: 'true',
  GONGBU_NAME: 'x',
  GONGBU_SPACED: 'a: b # c',
  GONGBU_AUTH_SERVICE_URL: 'http://a:1',
  GONGBU_BAD_URL: 'ftp://a',
  GONGBU_TWO_URL: 'http://a,http://b',
  GONGBU_REDIS_URL: 'redis://:pw@host',
  GONGBU_LINES: 'a\nb',
  GONGBU_JWT_SECRET: 'hush',
};
const environment = new Environment({ values, defaults: { GONGBU_EMPTY: '' }, systems: ['gongbu'] });
const env = (inner: string) => `\${{ ${inner} }}`;
const resolve = (text: string, plain = true) => resolveText(text, plain, environment);

describe('resolveText', () => {
  test.each([
    [env('env "DECK_GONGBU_PORT"'), 8000],
    [env('env "DECK_GONGBU_PORT" | toInt'), 8000],
    [env('env "DECK_GONGBU_PORT" | toFloat'), 8000],
    [env('env "DECK_GONGBU_ON" | toBool'), true],
    [`http://${env('env "DECK_GONGBU_NAME"')}:${env('env "DECK_GONGBU_PORT"')}`, 'http://x:8000'],
    [`\${{env "DECK_GONGBU_NAME"}}`, 'x'],
  ])('%s is %p', (text, value) => {
    expect(resolve(text)).toMatchObject({ value, problems: [] });
  });

  test('a quoted scalar stays a text', () => {
    expect(resolve(env('env "DECK_GONGBU_PORT"'), false).value).toBe('8000');
  });

  test('a value never changes the structure', () => {
    expect(resolve(env('env "DECK_GONGBU_SPACED"')).value).toBe('a: b # c');
  });

  test('names the variables it used', () => {
    expect(resolve(env('env "DECK_GONGBU_NAME"')).variables.map((v) => v.name)).toEqual(['GONGBU_NAME']);
  });

  test.each([
    ['env "GONGBU_NAME"', 'must begin with DECK_'],
    ['env "DECK_GONGBU_NOPE"', 'not set'],
    ['env "DECK_GONGBU_EMPTY"', 'not set'],
    ['env DECK_GONGBU_NAME', 'not understood'],
    ['env "DECK_GONGBU_NAME" | b64enc', 'not understood'],
    ['env "DECK_GONGBU_NAME" | toInt', 'not a whole number'],
    ['env "DECK_GONGBU_NAME" | toBool', 'not true or false'],
    ['env "DECK_GONGBU_NAME" | toFloat', 'not a number'],
    ['env "DECK_GONGBU_BAD_URL"', 'not an http or https URL'],
    ['env "DECK_GONGBU_TWO_URL"', 'several addresses'],
    ['env "DECK_GONGBU_REDIS_URL"', 'no secret is ever'],
    ['env "DECK_GONGBU_JWT_SECRET"', 'is a secret'],
    ['env "DECK_GONGBU_LINES"', 'control characters'],
  ])('%s: %s', (inner, message) => {
    const { value, problems } = resolve(env(inner));
    expect(value).toBe(inner.includes('_URL') ? 'http://unresolved.invalid' : null);
    expect(problems).toEqual([expect.objectContaining({ message: expect.stringContaining(message) })]);
    expect(JSON.stringify(problems)).not.toMatch(/hush|:pw@/);
  });

  test('an expression that is not closed is told', () => {
    expect(resolve('$' + '{{ env "DECK_GONGBU_NAME"').problems[0]?.message).toContain('not closed');
  });

  test('an unset variable that is documented says where', () => {
    expect(resolve(env('env "DECK_GONGBU_EMPTY"')).problems[0]?.hint).toContain('.env.example says');
    expect(resolve(env('env "DECK_GONGBU_NOPE"')).problems[0]?.hint).toContain('does not list GONGBU_NOPE');
  });
});

test('a lone expression is one and nothing else', () => {
  expect(isLoneExpression(env('env "DECK_X"'))).toBe(true);
  expect(isLoneExpression(`a${env('env "DECK_X"')}`)).toBe(false);
  expect(isLoneExpression(env('env "DECK_X"') + env('env "DECK_Y"'))).toBe(false);
});
