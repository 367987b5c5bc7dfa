/** Whose route it is, by the tag that decK selects it by. */

const SYSTEM_TAG = /^system-([a-z0-9-]{1,64})$/;

/** The first system named in the tags; empty for none. */
export function systemOfTags(...lists: readonly (readonly string[] | null | undefined)[]): string {
  for (const tags of lists) {
    for (const tag of tags ?? []) {
      const match = SYSTEM_TAG.exec(tag);
      if (match) return match[1]!;
    }
  }
  return '';
}
