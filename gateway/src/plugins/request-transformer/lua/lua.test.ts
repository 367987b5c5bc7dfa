import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compileExpression, type Environment } from './parser.js';
import { LuaError, LuaSyntaxError, LuaTable, LuaUnsupported, toText, type Value } from './values.js';

const names: Record<string, Value> = {
  s: 'Hello World 42',
  n: 7,
  t: LuaTable.list(['one', 'two']),
  kv: new LuaTable(new Map([['key', 'value']])),
  type: (args) => [typeof args[0]],
};
const env: Environment = { get: (name) => (Object.hasOwn(names, name) ? names[name] : undefined) };
const run = (source: string): string => toText(compileExpression(source).evaluate(env));

// Each of these was checked against LuaJIT 2.1.
test.each([
  ['nil or "x"', 'x'],
  ['false and 1', 'false'],
  ['1 and 2 or 3', '2'],
  ['nothing', 'nil'],
  ['not nothing', 'true'],
  ['1 + 2 * 3 ^ 2', '19'],
  ['2 ^ 3 ^ 2', '512'],
  ['-2 ^ 2', '-4'],
  ['-7 % 3', '2'],
  ['"10" + 5', '15'],
  ['" 0x10 " * 1', '16'],
  ['1 .. 2', '12'],
  ['"a" .. "b" .. "c" == "abc"', 'true'],
  ['1 / 3', '0.33333333333333'],
  ['1e15', '1e+15'],
  ['10000000000000', '10000000000000'],
  ['100000000000000', '1e+14'],
  ['1/0', 'inf'],
  ['"a" < "b"', 'true'],
  ['1 == "1"', 'false'],
  ['#s', '14'],
  ['#t', '2'],
  ['t[1] .. t[2]', 'onetwo'],
  ['kv.key', 'value'],
  ['kv["k" .. "ey"]', 'value'],
  ['({a = 1, [2] = "b", "c"})[1]', 'c'],
  ['{"x"; y = 2}.y', null],
  ['[[a\nb]]', 'a\nb'],
  ['"\\65\\x42\\n\\z  c"', 'AB\nc'],
  ['s:upper()', 'HELLO WORLD 42'],
  ['s:sub(1, 5)', 'Hello'],
  ['s:sub(-2)', '42'],
  ['s:lower():len()', '14'],
  ['s:rep(2):reverse():sub(1, 3)', '24 '],
  ['s:find("World")', '7'],
  ['s:sub(s:find("W%a+"))', 'World'],
  ['s:match("(%d+)$")', '42'],
  ['s:match("^(%w+)%s")', 'Hello'],
  ['s:match("%f[%d]%d+")', '42'],
  ['("a(b(c)d)e"):match("%b()")', '(b(c)d)'],
  ['("aabb"):match("(.)%1")', 'a'],
  ['("key = v"):match("^(%w-)%s*=%s*(.*)$")', 'key'],
  ['s:gsub("o", "0")', 'Hell0 W0rld 42'],
  ['s:gsub("(%w+)", "<%1>", 1)', '<Hello> World 42'],
  ['("$a $b"):gsub("%$(%w)", {a = "1"})', '1 $b'],
  ['("a.b"):gsub("%.", "%%")', 'a%b'],
  ['("a,b"):gmatch("[^,]+")()', 'a'],
  ['("%5.1f|%-3s|%03d|%x|%q"):format(3.14159, "a", 7, 255, "x")', '  3.1|a  |007|ff|"x"'],
  ['("%x"):format(-1)', 'ffffffffffffffff'],
  ['("x"):byte()', '120'],
  ['s.char(72, 105)', 'Hi'],
  ['type(s)', 'string'],
  ['type "x"', 'string'],
] as [string, string | null][])('%s is %s', (source, expected) => {
  if (expected === null) expect(() => run(source)).toThrow(LuaSyntaxError);
  else expect(run(source)).toBe(expected);
});

describe('what fails', () => {
  test.each([
    'nothing.x',
    'nothing()',
    'n.x',
    's:nope()',
    's .. nothing',
    's .. {}',
    '1 < "1"',
    '{} + 1',
    '#n',
    '("x"):rep(1e9)',
    '("%d"):format("x")',
    '("%"):format()',
    's:match("(")',
    's:match("[a")',
    's:match("%")',
    's:gsub("x", true)',
    '("a"):rep(3000):match("(.-)(.-)(.-)(.-)b")',
    'kv.constructor.x',
    '({})["__proto__"].x',
  ])('%s when it is evaluated', (source) => {
    expect(() => run(source)).toThrow(LuaError);
  });

  test.each([
    '',
    '1 +',
    '(',
    'a b',
    '"x',
    '[[x',
    '1..2',
    '@',
    'x:y',
    'return 1',
    'x = 1',
    'a.1',
    '"x":upper()',
    '1 -- x',
    '...',
    '"\\300"',
  ])('%s when it is compiled', (source) => {
    expect(() => compileExpression(source)).toThrow(LuaSyntaxError);
  });

  test.each(['function() end', `1${' + 1'.repeat(5000)}`])('%.20s because it is not done here', (source) => {
    expect(() => compileExpression(source)).toThrow(LuaUnsupported);
  });

  test('nesting has a bound', () => {
    expect(() => compileExpression('('.repeat(500))).toThrow(LuaSyntaxError);
    expect(() => compileExpression('not '.repeat(500))).toThrow(LuaSyntaxError);
  });
});

describe('nothing escapes', () => {
  const word = fc.constantFrom(
    ...'( ) { } [ ] . : , ; .. + - * / % ^ # == ~= < <= and or not nil true s n t kv type'.split(' '),
    ...'constructor __proto__ "a" \'b\' 1 2.5 sub( gsub( match( rep( format( "%d*" "(.-)" "%s"'.split(' '),
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(word, { maxLength: 30 }).map((words) => words.join(' ')),
  );

  test('any text ends in a value or an error of Lua', () => {
    fc.assert(
      fc.property(text, (source) => {
        try {
          run(source);
        } catch (error) {
          const known = error instanceof LuaError || error instanceof LuaSyntaxError || error instanceof LuaUnsupported;
          if (!known) throw error;
        }
      }),
      { numRuns: 3000 },
    );
  });

  test('any pattern ends', () => {
    const pattern = fc.array(fc.constantFrom(...'( ) . * + - ? % [ ] ^ $ a b %a %b %f [^a] %1'.split(' ')), { maxLength: 12 });
    fc.assert(
      fc.property(pattern, fc.stringMatching(/^[ab()]{0,20}$/), (parts, subject) => {
        try {
          run(`("${subject}"):gsub(${JSON.stringify(parts.join(''))}, "%0")`);
        } catch (error) {
          if (!(error instanceof LuaError)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });
});
