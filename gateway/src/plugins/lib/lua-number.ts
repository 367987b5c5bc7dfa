/** Numbers in Lua's texts. */

const DECIMAL = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i;
const HEXADECIMAL = /^([-+]?)0x([0-9a-f]+)$/i;

/** The number that a text stands for by Lua's tonumber, or undefined. Surrounding blanks don't matter. */
export function parseNumber(text: string): number | undefined {
  const trimmed = text.trim();
  if (DECIMAL.test(trimmed)) return Number(trimmed);
  const hex = HEXADECIMAL.exec(trimmed);
  if (!hex) return undefined;
  const size = Number.parseInt(hex[2]!, 16);
  return hex[1] === '-' ? -size : size;
}

const withoutZeros = (digits: string): string => (digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits);

/** C's `%.<precision>g`. */
export function formatGeneral(value: number, precision = 14): string {
  if (precision === 14 && Number.isSafeInteger(value) && Math.abs(value) < 1e14) return String(value);
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  const digits = Math.max(1, precision);
  const [mantissa, power] = value.toExponential(digits - 1).split('e') as [string, string];
  const exponent = Number(power);
  if (exponent >= -4 && exponent < digits) return withoutZeros(value.toFixed(digits - 1 - exponent));
  return `${withoutZeros(mantissa)}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}
