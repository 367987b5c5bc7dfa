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
