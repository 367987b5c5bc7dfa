/** What is made from the policies' schemas: JSON Schema for editors, Kong's schema, and the tables of the READMEs. */
import fs from 'node:fs';
import path from 'node:path';
import { kongFields, type Policy, withFieldTable } from '@gatehouse/policy';
import { schemaOf } from './link.js';
import { policies } from './policies.js';
import { errorWordsLua } from './server/error-words.js';

/** A file as it should be. */
export interface GeneratedFile {
  /** Relative to `plugins/`. */
  readonly file: string;
  readonly text: string;
}

const text = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

function filesOf(policy: Policy, root: string): GeneratedFile[] {
  const { name, version, priority, summary } = policy;
  const schema = schemaOf(policy);
  const readme = path.join('src', name, 'README.md');
  return [
    { file: `schemas/${name}.schema.json`, text: text({ title: name, description: summary, ...schema }) },
    { file: `schemas/${name}.kong.json`, text: text({ name, version, priority, fields: kongFields(schema) }) },
    { file: readme, text: withFieldTable(fs.readFileSync(path.join(root, readme), 'utf8'), schema) },
  ];
}

/** @param root the folder `plugins/` */
export function generatedFiles(root: string): GeneratedFile[] {
  const words = { file: '../kong/lua/gatehouse/error-words.lua', text: errorWordsLua() };
  return [...policies.flatMap((policy) => filesOf(policy, root)), words];
}

/** The generated files that are missing or differ, relative to `plugins/`. */
export function staleFiles(root: string): string[] {
  const current = (file: string): string | null => {
    const full = path.join(root, file);
    return fs.existsSync(full) ? fs.readFileSync(full, 'utf8') : null;
  };
  return generatedFiles(root)
    .filter(({ file, text: wanted }) => current(file) !== wanted)
    .map(({ file }) => file);
}

/** Writes all of them. */
export function writeGenerated(root: string): void {
  for (const { file, text: wanted } of generatedFiles(root)) {
    const full = path.join(root, file);
    fs.mkdirSync(path.dirname(full), { recursive: true });
    fs.writeFileSync(full, wanted);
  }
}
