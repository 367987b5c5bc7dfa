/** Holds what was seen against what was recorded; differences come as sentences, none when all is well. */
import { isDeepStrictEqual } from 'node:util';
import type { Observation, TallyRule } from './case-file.js';

const SHOWN_MAX = 300;

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
}

const isTree = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

function fits(expected: unknown, actual: unknown): boolean {
  if (expected === 'any' || isDeepStrictEqual(expected, actual)) return true;
  if (typeof expected !== 'string' || typeof actual !== 'string' || !expected.startsWith('~')) return false;
  return new RegExp(expected.slice(1)).test(actual);
}

/** @param at where the values stand, such as `headers.vary` */
export function differences(expected: unknown, actual: unknown, at = ''): string[] {
  if (fits(expected, actual)) return [];
  if (!isTree(expected) || !isTree(actual) || Array.isArray(expected) !== Array.isArray(actual)) {
    return [`${at || 'all'}: expected ${shown(expected)}, got ${shown(actual)}`];
  }
  const keys = new Set([...Object.keys(expected), ...Object.keys(actual)]);
  return [...keys].flatMap((key) => differences(expected[key], actual[key], at === '' ? key : `${at}.${key}`));
}

type Totals = Readonly<Record<string, number>>;

function countDifferences(expected: Totals, actual: Totals, tolerance: number): string[] {
  return [...new Set([...Object.keys(expected), ...Object.keys(actual)])]
    .filter((port) => Math.abs((expected[port] ?? 0) - (actual[port] ?? 0)) > tolerance)
    .map((port) => `ports.${port}: expected ${expected[port] ?? 0} ± ${tolerance}, got ${actual[port] ?? 0}`);
}

/** The same for totals: statuses must be equal, ports as the rule says. */
export function tallyDifferences(rule: TallyRule, expected: Observation, actual: Observation): string[] {
  const ports = actual['ports'] as Totals;
  const asked = Object.keys(ports).length;
  const found = differences(expected['statuses'], actual['statuses'], 'statuses');
  if (rule.kind === 'counts') found.push(...countDifferences(expected['ports'] as Totals, ports, rule.tolerance ?? 0));
  if (rule.kind === 'sticky' && asked !== 1) found.push(`expected one upstream port, got ${shown(ports)}`);
  if (rule.kind === 'spread' && asked < rule.min!) found.push(`expected at least ${rule.min} upstream ports, got ${shown(ports)}`);
  return found;
}
