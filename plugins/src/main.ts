/** Commands of the plugins' part. */
import path from 'node:path';
import { staleFiles, writeGenerated } from './generate.js';

const root = path.resolve(import.meta.dirname, '..');

function schemas(check: boolean): void {
  if (!check) {
    writeGenerated(root);
    return;
  }
  const stale = staleFiles(root);
  if (stale.length === 0) return;
  console.error(['generated files are not current; run "gatehouse schemas":', ...stale.map((file) => `  plugins/${file}`)].join('\n'));
  process.exitCode = 1;
}

/** `schemas [--check]`: writes what is made from the policies' schemas, or says what is not current. */
export async function main(command: string, args: string[]): Promise<void> {
  if (command === 'schemas') return schemas(args.includes('--check'));
  console.error(`gatehouse: the plugins know no command "${command}"`);
  process.exitCode = 2;
}
