import type { Dict } from '../schema/types.js';

/** The vaults of a file that read the environment: their prefix in references, and what they put before a variable's name. */
export type EnvironmentVaults = ReadonlyMap<string, string>;

/** Finds what a `{vault://…}` reference stands for; null when nothing does. */
export type ReferenceResolver = (reference: string, vaults: EnvironmentVaults) => string | null;

const REFERENCE = /^\{vault:\/\/([^/?#]+)\/([^?#]+)(?:\?([^#]*))?\}$/;

/** The vaults that a file declares, as far as they make sense. */
export function environmentVaults(root: Dict): EnvironmentVaults {
  const vaults = new Map<string, string>([['env', '']]);
  const list = Array.isArray(root['vaults']) ? (root['vaults'] as unknown[]) : [];
  for (const vault of list) {
    const { name, prefix, config } = (vault ?? {}) as Dict;
    if (name !== 'env' || typeof prefix !== 'string') continue;
    const before = (config as Dict | null | undefined)?.['prefix'];
    vaults.set(prefix, typeof before === 'string' ? before : '');
  }
  return vaults;
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** One field of a secret that is a JSON object. */
function fieldOf(json: string, key: string): string | null {
  try {
    const value: unknown = JSON.parse(json);
    const field = typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Dict)[key] : null;
    return typeof field === 'string' ? field : null;
  } catch {
    return null;
  }
}

/**
 * Resolves references as Kong's `env` vault does: `{vault://env/my-secret}` is the variable `MY_SECRET`,
 * `{vault://env/my-secret/key}` the field `key` of the JSON in it; a vault entity may put a prefix before the name.
 * https://docs.konghq.com/gateway/3.9.x/kong-enterprise/secrets-management/backends/env/
 *
 * @param environment variables by name
 */
export function environmentResolver(environment: Readonly<Record<string, string | undefined>>): ReferenceResolver {
  return (reference, vaults) => {
    const [, vault, path, query] = REFERENCE.exec(reference) ?? [];
    const before = vault === undefined ? undefined : vaults.get(vault);
    if (before === undefined || path === undefined) return null;
    const parts = path.split('/').filter((part) => part !== '');
    const key = parts.length > 1 ? decoded(parts.pop() as string) : null;
    const name = decoded(parts.join('/'));
    const prefix = new URLSearchParams(query ?? '').get('prefix') ?? before;
    if (name === null || name === '') return null;
    const value = environment[`${prefix}${name}`.replaceAll('-', '_').toUpperCase()];
    if (value === undefined) return null;
    return key === null ? value : fieldOf(value, key);
  };
}
