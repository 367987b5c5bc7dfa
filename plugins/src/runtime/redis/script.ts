import { createHash } from 'node:crypto';

/** A Lua script and the digest under which Redis knows it. */
export interface Script {
  readonly source: string;
  readonly sha: string;
}

/** Makes a script; its keys must all carry the same hash tag, so that a Redis Cluster runs it on one node. */
export function script(source: string): Script {
  return { source, sha: createHash('sha1').update(source).digest('hex') };
}
