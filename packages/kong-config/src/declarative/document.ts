import { DocumentError, MAX_DEPTH, readYaml } from './yaml.js';

/** Characters; some fifty thousand routes. */
const MAX_TEXT = 8 * 1024 * 1024;

function checkDepth(value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > MAX_DEPTH) throw new DocumentError(`nested more than ${MAX_DEPTH} levels deep`);
  for (const inner of Object.values(value)) checkDepth(inner, depth + 1);
}

function readJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  checkDepth(value, 1);
  return value;
}

/**
 * Reads YAML, or JSON when the file's name ends in `json`.
 *
 * @returns plain values; maps have no prototype when they come from YAML
 * @throws {DocumentError} when the text is not well-formed, too large, or nested too deep
 */
export function readDocument(text: string, file: string): unknown {
  if (text.length > MAX_TEXT) throw new DocumentError(`larger than ${MAX_TEXT} characters`);
  try {
    return file.endsWith('json') ? readJson(text) : readYaml(text);
  } catch (error) {
    if (error instanceof DocumentError) throw error;
    throw new DocumentError((error as Error).message);
  }
}
