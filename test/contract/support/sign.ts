import { createHash, createHmac } from 'node:crypto';
import type { CaseRequest, Signing } from './cases.js';
import { isPlainObject } from './fill-in.js';
import { planeSecrets } from './secrets.js';

type Fields = Readonly<Record<string, unknown>>;
type FullRequest = Extract<CaseRequest, { headers: unknown }>;

/** The fields that Paymob joins for a transaction, in its documented order. */
const paymobFields = [
  'amount_cents created_at currency error_occured has_parent_transaction id integration_id is_3d_secure is_auth is_capture',
  'is_refunded is_standalone_payment is_voided order.id owner pending source_data.pan source_data.sub_type source_data.type success',
].flatMap((line) => line.split(' '));

/** The name that clients have for the secret of request signing. */
const keyId = 'learning';

/** Signs requests as their `sign` says; knows the signature before, so that it can be sent again. */
export class Signer {
  private last: Record<string, string> = {};

  /** The request with its signature; one without `sign` stays as it is. */
  sign(request: CaseRequest): CaseRequest {
    if (!('headers' in request) || request.sign === undefined) return request;
    const { sign, json } = request;
    if (sign.scheme === 'hmac') return this.byClient(request, sign);
    if (!isPlainObject(json)) return request;
    return sign.scheme === 'fawry' ? byFawry(request, json) : byPaymob(request, json);
  }

  /** HTTP Message Signatures (RFC 9421) with hmac-sha256. */
  private byClient(request: FullRequest, sign: Signing): FullRequest {
    if (!sign.again) this.last = signatureHeaders(request, sign, Date.now());
    return { ...request, headers: { ...request.headers, ...this.last } };
  }
}

function signatureHeaders(request: FullRequest, { age, forged, body, covers }: Signing, now: number): Record<string, string> {
  const at = now - age * 1000;
  const [path = '', query = ''] = request.path.split('?');
  const bytes = body ?? (request.json === undefined ? (request.body ?? '') : JSON.stringify(request.json));
  const values: Record<string, string> = {
    '@method': request.method,
    '@path': path,
    '@query': `?${query}`,
    date: new Date(at).toUTCString(),
    'content-digest': `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`,
  };
  const parameters = `(${covers.map((name) => `"${name}"`).join(' ')});created=${Math.floor(at / 1000)};keyid="${keyId}"`;
  const base = [...covers.map((name) => `"${name}": ${values[name]}`), `"@signature-params": ${parameters}`].join('\n');
  const secret = forged ? 'a-secret-that-is-not-the-right-one-at-all' : (planeSecrets['LEARNING_SIGNING_SECRET'] ?? '');
  const signature = createHmac('sha256', secret).update(base).digest('base64');
  return {
    Date: values['date'] ?? '',
    'Content-Digest': values['content-digest'] ?? '',
    'Signature-Input': `sig1=${parameters}`,
    Signature: `sig1=:${signature}:`,
  };
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
