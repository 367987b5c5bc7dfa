/** Paymob's processed callbacks: HMAC-SHA-512 over the values of listed fields, in the query's `hmac`. */
import { createHmac } from 'node:crypto';
import { queryValues, strictJson } from '@gatehouse/policy';
import { fromHex, sameBytes } from './compare.js';
import type { Scheme, Verified } from './policy.js';

type Fields = Readonly<Record<string, unknown>>;

/** The signed fields of each kind of callback, in the order in which they are joined. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  TRANSACTION: [
    'amount_cents',
    'created_at',
    'currency',
    'error_occured',
    'has_parent_transaction',
    'id',
    'integration_id',
    'is_3d_secure',
    'is_auth',
    'is_capture',
    'is_refunded',
    'is_standalone_payment',
    'is_voided',
    'order.id',
    'owner',
    'pending',
    'source_data.pan',
    'source_data.sub_type',
    'source_data.type',
    'success',
  ],
  TOKEN: ['card_subtype', 'created_at', 'email', 'id', 'masked_pan', 'merchant_id', 'order_id', 'token'],
};

/** What tells one state of a transaction from another. */
const STATE = ['pending', 'success', 'error_occured', 'is_auth', 'is_capture', 'is_refunded', 'is_voided'];

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

function at(fields: Fields, path: string): unknown {
  const dot = path.indexOf('.');
  if (dot < 0) return Object.hasOwn(fields, path) ? fields[path] : undefined;
  const inner = at(fields, path.slice(0, dot));
  return isFields(inner) ? at(inner, path.slice(dot + 1)) : undefined;
}

/** A value as Paymob joins it; null when the field is missing or no plain value. */
function text(value: unknown): string | null {
  if (value === null) return '';
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
}

/** @param keys HMAC secrets; any of them may have signed */
export function paymob(keys: readonly Buffer[]): Scheme {
  return {
    headers: [],
    present: (facts) => queryValues(facts.rawQuery, 'hmac').length > 0,
    verify(facts, body): Verified | null {
      const hmacs = queryValues(facts.rawQuery, 'hmac');
      const given = hmacs.length === 1 ? fromHex(hmacs[0], 64) : null;
      const callback = strictJson(body);
      const object = callback?.['obj'];
      const type = callback?.['type'];
      if (!given || !isFields(object) || typeof type !== 'string' || !Object.hasOwn(FIELDS, type)) return null;
      const values = FIELDS[type]!.map((path) => text(at(object, path)));
      if (values.includes(null)) return null;
      const signed = values.join('');
      if (!keys.some((key) => sameBytes(createHmac('sha512', key).update(signed, 'utf8').digest(), given))) return null;
      const state = STATE.map((name) => (object[name] === true ? '1' : '0')).join('');
      return { replayKey: `${type}:${text(object['id'])}:${state}`, repeat: 'event' };
    },
  };
}
