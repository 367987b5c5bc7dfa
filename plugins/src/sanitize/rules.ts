/** Every rule that a request can break. The name is what the client is told. */
import type { JsonFault } from '@gatehouse/policy';

/** What a key may be refused for. */
export type KeyFault = 'prototype-key' | 'operator-key';

export type SanitizeRule =
  | 'url-length'
  | 'path-traversal'
  | 'nul-byte'
  | 'header-count'
  | 'header-length'
  | 'content-type'
  | 'content-encoding'
  | 'charset'
  | 'not-utf8'
  | 'not-form'
  | 'not-multipart'
  | KeyFault
  | JsonFault;

const PROTOTYPE_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/** What to look for in keys. */
export interface KeyRules {
  readonly operators: boolean;
  readonly prototypeKeys: boolean;
}

/** A judge of single keys. */
export function keyRule(rules: KeyRules): (key: string) => KeyFault | null {
  return (key) => {
    if (rules.prototypeKeys && PROTOTYPE_KEYS.has(key)) return 'prototype-key';
    return rules.operators && key.startsWith('$') ? 'operator-key' : null;
  };
}

/** The parts of a form's key: `user[$ne]` and `user.$ne` → user, $ne. */
export function keyParts(name: string): string[] {
  return name.split(/[[\].]/).filter((part) => part !== '');
}
