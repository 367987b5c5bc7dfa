/** Decisions as the Lua under Kong reads them: one line, and the body of an answer after it. */
import { type AllNeeds, headersByName, type Pass, withoutParameters } from '@gatehouse/policy';
import type { Reply, Verdict } from '../chain.js';

/** A decision on its way. */
export interface DecisionText {
  /** Without its end; no character above U+00FF, since it is sent byte for byte. */
  readonly head: string;
  readonly body: Buffer | null;
}

/** What the Lua must tell of a request later; null for nothing. */
export type Track = { readonly end?: true; readonly answer?: number } | null;

/** A pass that changes nothing; one that changes something is a `p`, too, so that no other text can be taken for a pass. */
const NOTHING: DecisionText = { head: 'p', body: null };

export function trackOf(needs: AllNeeds): Track {
  if (needs.outcome === 'none') return null;
  return { ...(needs.outcome === 'end' ? { end: true as const } : {}), ...(needs.answer > 0 ? { answer: needs.answer } : {}) };
}

const WIDE = /[^\0-\xff]/;

/** JSON with only characters that are one byte: a wider one cut to a byte could end a string early. */
function narrow(json: string): string {
  if (!WIDE.test(json)) return json;
  return json.replace(/[^\0-\xff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function replyText(reply: Reply, track: Track): DecisionText {
  const body = typeof reply.body === 'string' ? Buffer.from(reply.body, 'utf8') : Buffer.from(reply.body);
  const line = { status: reply.status, ...(track ? { track } : {}), headers: headersByName(reply.headers) };
  return { head: apart(narrow(JSON.stringify(line))), body };
}

const filled = <T>(list: readonly T[] | undefined): readonly T[] | undefined => (list && list.length > 0 ? list : undefined);

/** Texts from this length on are hashed in parts by LuaJIT: their first, last and some middle characters. */
const LONG = 100;
let tail = 0;

/** Texts that are alike but for their middle get an end of their own, so that they do not all fall together. */
function apart(json: string): string {
  if (json.length < LONG) return json;
  tail = (tail + 1) % 1000;
  return `${json.slice(0, -1)},"z":${1000 + tail}}`;
}

function passText(pass: Pass, rawQuery: string, track: Track): DecisionText {
  const strip = filled(pass.stripQuery);
  const query = strip ? withoutParameters(rawQuery, strip) : rawQuery;
  const line = {
    remove: filled(pass.removeHeaders),
    response: filled(pass.responseHeaders),
    append: filled(pass.appendResponseHeaders),
    query: query === rawQuery ? undefined : query,
    track: track ?? undefined,
    set: filled(pass.setHeaders),
  };
  const json = narrow(JSON.stringify(line));
  return json === '{}' ? NOTHING : { head: `p${apart(json)}`, body: null };
}

/**
 * @param rawQuery the request's query, as sent
 * @param track what is to be told of the request later
 */
export function decisionText(verdict: Verdict, rawQuery: string, track: Track): DecisionText {
  return verdict.kind === 'reply' ? replyText(verdict, track) : passText(verdict, rawQuery, track);
}
