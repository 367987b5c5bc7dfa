/** Lua's operators on values. */
import { bounded, LuaError, LuaTable, toNumber, toText, typeName, type Value } from './values.js';

export interface Operator {
  /** Binding power to the left and to the right (reference manual §2.5.6). */
  readonly left: number;
  readonly right: number;
  /** Null for `and` and `or`, which don't evaluate both sides. */
  readonly apply: ((a: Value, b: Value) => Value) | null;
}

function concatenate(a: Value, b: Value): string {
  for (const side of [a, b]) {
    if (typeof side !== 'string' && typeof side !== 'number') throw new LuaError(`attempt to concatenate a ${typeName(side)} value`);
  }
  return bounded(toText(a) + toText(b));
}

function lessThan(a: Value, b: Value): boolean {
  if (typeof a === 'number' && typeof b === 'number') return a < b;
  if (typeof a === 'string' && typeof b === 'string') return a < b;
  throw new LuaError(`attempt to compare ${typeName(a)} with ${typeName(b)}`);
}

function lessOrEqual(a: Value, b: Value): boolean {
  if (typeof a === 'number' && typeof b === 'number') return a <= b;
  return !lessThan(b, a);
}

const arithmetic =
  (compute: (a: number, b: number) => number) =>
  (a: Value, b: Value): number =>
    compute(toNumber(a, 'perform arithmetic on'), toNumber(b, 'perform arithmetic on'));

const comparison = (apply: Operator['apply']): Operator => ({ left: 3, right: 3, apply });
const sum = (compute: (a: number, b: number) => number): Operator => ({ left: 6, right: 6, apply: arithmetic(compute) });
const product = (compute: (a: number, b: number) => number): Operator => ({ left: 7, right: 7, apply: arithmetic(compute) });

export const binaryOperators: ReadonlyMap<string, Operator> = new Map([
  ['or', { left: 1, right: 1, apply: null }],
  ['and', { left: 2, right: 2, apply: null }],
  ['==', comparison((a, b) => a === b)],
  ['~=', comparison((a, b) => a !== b)],
  ['<', comparison(lessThan)],
  ['<=', comparison(lessOrEqual)],
  ['>', comparison((a, b) => lessThan(b, a))],
  ['>=', comparison((a, b) => lessOrEqual(b, a))],
  ['..', { left: 5, right: 4, apply: concatenate }],
  ['+', sum((a, b) => a + b)],
  ['-', sum((a, b) => a - b)],
  ['*', product((a, b) => a * b)],
  ['/', product((a, b) => a / b)],
  ['%', product((a, b) => a - Math.floor(a / b) * b)],
  ['^', { left: 10, right: 9, apply: arithmetic((a, b) => a ** b) }],
]);

/** Between `*` and `^`. */
export const UNARY_POWER = 8;

export const unaryOperators: ReadonlyMap<string, (value: Value) => Value> = new Map<string, (value: Value) => Value>([
  ['not', (value) => value === undefined || value === false],
  ['-', (value) => -toNumber(value, 'perform arithmetic on')],
  [
    '#',
    (value) => {
      if (typeof value === 'string' || value instanceof LuaTable) return value.length;
      throw new LuaError(`attempt to get length of a ${typeName(value)} value`);
    },
  ],
]);
