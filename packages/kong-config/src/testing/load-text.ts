import { type LoadOptions, parseDeclarative } from '../declarative/load.js';
import type { KongConfig } from '../types.js';

const FILE = 'kong.yml';

function read(text: string, options: LoadOptions): ReturnType<typeof parseDeclarative> {
  const hasVersion = text.includes('_format_version');
  return parseDeclarative(hasVersion ? text : `_format_version: "3.0"\n${text}`, FILE, options);
}

/** For tests: the faults of a text (version 3.0 unless it says otherwise) as `path: message`, sorted. */
export function faultsIn(text: string, options: LoadOptions = {}): string[] {
  return read(text, options)
    .faults.map(({ path, message }) => `${path}: ${message}`)
    .sort();
}

/** For tests: the configuration of a faultless text. */
export function configOf(text: string, options: LoadOptions = {}): KongConfig {
  const { config, faults } = read(text, options);
  if (config === null) throw new Error(faults.map(({ path, message }) => `${path}: ${message}`).join('\n'));
  return config;
}

/** For tests: a service `s` with the route `r` on `/a`, and one plugin on it, as YAML. */
export function withPlugin(plugin: string): string {
  return `services:\n- name: s\n  url: http://a.test\n  routes:\n  - name: r\n    paths: [/a]\n    plugins:\n    - ${plugin}\n`;
}
