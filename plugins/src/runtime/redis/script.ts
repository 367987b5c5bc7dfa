import { createHash } from 'node:crypto';

/** A Lua script and the digest under which Redis knows it. */
export interface Script {
  readonly source: string;
  readonly sha: string;
}

const made: Script[] = [];

/** All scripts of the process: every new connection gives them to Redis before a request needs one. */
export const allScripts: readonly Script[] = made;

/**
 * Makes a script, once and for all: meant for modules, not for requests. Its keys must all carry the same hash tag, so that a Redis
 * Cluster runs it on one node.
 */
export function script(source: string): Script {
  const one = { source, sha: createHash('sha1').update(source).digest('hex') };
  made.push(one);
  return one;
}
