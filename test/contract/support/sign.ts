import { createHash, createHmac } from 'node:crypto';
import type { CaseRequest } from './cases.js';
import { isPlainObject } from './fill-in.js';
import { planeSecrets } from './secrets.js';

type Fields = Readonly<Record<string, unknown>>;
type FullRequest = Extract<CaseRequest, { headers: unknown }>;

/** The fields that Paymob joins for a transaction, in its documented order. */
const paymobFields = [
  'amount_cents created_at currency error_occured has_parent_transaction id integration_id is_3d_secure is_auth is_capture',
  'is_refunded is_standalone_payment is_voided order.id owner pending source_data.pan source_data.sub_type source_data.type success',
].flatMap((line) => line.split(' '));

/** Signs a request whose `sign` names a payment provider: the callback is its `json`. Others stay as they are. */
export function signed(request: CaseRequest): CaseRequest {
  if (!('headers' in request) || request.sign === undefined || !isPlainObject(request.json)) return request;
  return request.sign === 'fawry' ? byFawry(request, request.json) : byPaymob(request, request.json);
}

/** Server notification V2: SHA-256 over seven fields and the secure key. */
function byFawry(request: FullRequest, fields: Fields): FullRequest {
  const amount = (name: string): string => Number(fields[name]).toFixed(2);
  const text = [
    fields['fawryRefNumber'],
    fields['merchantRefNumber'],
    amount('paymentAmount'),
    amount('orderAmount'),
    fields['orderStatus'],
    fields['paymentMethod'],
    fields['paymentRefrenceNumber'] ?? '',
    planeSecrets['HEALTHPAY_FAWRY_SECURE_KEY'],
  ].join('');
  return { ...request, json: { ...fields, messageSignature: createHash('sha256').update(text).digest('hex') } as FullRequest['json'] };
}

/** Transaction callback: HMAC-SHA-512 over twenty fields, in the query. */
function byPaymob(request: FullRequest, { obj }: Fields): FullRequest {
  const text = paymobFields.map((path) => String(path.split('.').reduce<unknown>((at, key) => (at as Fields)[key], obj))).join('');
  const hmac = createHmac('sha512', planeSecrets['HEALTHPAY_PAYMOB_HMAC_SECRET'] ?? '')
    .update(text)
    .digest('hex');
  return { ...request, path: `${request.path}?hmac=${hmac}` };
}
