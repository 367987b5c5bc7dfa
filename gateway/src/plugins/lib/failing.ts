import type { PluginInstance } from '../../plugin.js';

/** A value that every request needs is null. */
export class AbsentValue extends Error {
  readonly code = 'PLUGIN_VALUE_ABSENT';
  /** `field`: its path from the plugin's entry on, such as `config.header_name`. */
  constructor(readonly field: string) {
    super(`${field} is null`);
  }
}

/** What a twin is made into when such a value is null: Kong takes the file and fails each request, with 500. */
export function failing(field: string): PluginInstance {
  return {
    access() {
      throw new AbsentValue(field);
    },
  };
}
