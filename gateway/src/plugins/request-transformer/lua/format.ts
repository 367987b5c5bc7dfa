/** string.format: C's printf as Lua offers it. */
import { formatGeneral } from '../../lib/lua-number.js';
import { bounded, LuaError, toNumber, toText, type Value } from './values.js';

const DIRECTIVE = /%([-+ #0]*)(\d{0,2})(?:\.(\d{0,2}))?([\s\S]?)/g;

interface Layout {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | null;
}

function pad(text: string, { flags, width }: Layout, zeros: boolean): string {
  if (flags.includes('-')) return text.padEnd(width);
  if (!zeros || !flags.includes('0')) return text.padStart(width);
  const sign = /^[-+ ]/.exec(text)?.[0] ?? '';
  return sign + text.slice(sign.length).padStart(width - sign.length, '0');
}

function signed(text: string, flags: string): string {
  if (text.startsWith('-')) return text;
  if (flags.includes('+')) return `+${text}`;
  return flags.includes(' ') ? ` ${text}` : text;
}

/** `%x`, `%o` and `%u` show negative numbers as 64-bit two's complement. */
function unsigned(value: number): bigint {
  return BigInt.asUintN(64, BigInt(Math.trunc(value)));
}

function whole(value: number, layout: Layout): string {
  const digits = Math.trunc(Math.abs(value))
    .toString()
    .padStart(layout.precision ?? 1, '0');
  return value < 0 ? `-${digits}` : digits;
}

function exponential(value: number, precision: number): string {
  return value.toExponential(precision).replace(/e([-+])(\d)$/, 'e$10$2');
}

const quoted = (text: string): string =>
  `"${text
    .replace(/["\\\n]/g, '\\$&')
    .replaceAll('\r', '\\r')
    .replaceAll('\0', '\\0')}"`;

const BASES: Readonly<Record<string, number>> = { x: 16, o: 8, u: 10 };

function formatNumber(kind: string, value: number, layout: Layout): string {
  if (!Number.isFinite(value)) return pad(value < 0 ? '-inf' : Number.isNaN(value) ? 'nan' : 'inf', layout, false);
  const lower = kind.toLowerCase();
  const precision = layout.precision ?? 6;
  const plain = ((): string => {
    if (lower === 'f') return value.toFixed(precision);
    if (lower === 'e') return exponential(value, precision);
    if (lower === 'g') return formatGeneral(value, precision);
    if ('xou'.includes(lower))
      return unsigned(value)
        .toString(BASES[lower])
        .padStart(layout.precision ?? 1, '0');
    return whole(value, layout);
  })();
  const text = 'dieEfgG'.includes(kind) ? signed(plain, layout.flags) : plain;
  return pad(kind === lower ? text : text.toUpperCase(), layout, true);
}

function formatOne(kind: string, value: Value, layout: Layout): string {
  if ('diouxXeEfgG'.includes(kind)) return formatNumber(kind, toNumber(value, 'format'), layout);
  if (kind === 'c') return pad(String.fromCharCode(toNumber(value, 'format') & 0xff), layout, false);
  if (kind === 'q') return quoted(toText(value));
  if (kind !== 's') throw new LuaError(`invalid option '%${kind}' to 'format'`);
  const text = toText(value);
  return pad(layout.precision === null ? text : text.slice(0, layout.precision), layout, false);
}

/** `args[0]` is the template itself; what it names comes behind. @throws LuaError for a bad option or a missing argument */
export function formatString(template: string, args: readonly Value[]): string {
  let next = 1;
  const out = template.replace(DIRECTIVE, (_, flags: string, width: string, precision: string | undefined, kind: string) => {
    if (kind === '%') return '%';
    if (kind === '') throw new LuaError("invalid option '%' to 'format'");
    if (next >= args.length) throw new LuaError(`bad argument #${next + 1} to 'format' (no value)`);
    return formatOne(kind, args[next++], { flags, width: Number(width), precision: precision === undefined ? null : Number(precision) });
  });
  return bounded(out);
}
