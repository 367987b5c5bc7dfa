/** Whether sign-in data comes from Telegram, is fresh, and who it is about. Pure: the replay store is asked elsewhere. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { strictJson } from '@gatehouse/policy';
import type { BotKeys } from './bot-keys.js';
import { dataCheckString, initDataFields, type SignedFields, widgetFields } from './fields.js';

/** Longest time since Telegram signed a Login Widget's data. */
export const WIDGET_MAX_AGE_MS = 24 * 3_600_000;
/** The same of a Mini App's data, which may be used again within it. */
export const INIT_DATA_MAX_AGE_MS = 3_600_000;
/** How far ahead Telegram's clock may be. */
export const CLOCK_SKEW_MS = 5000;

/** Somebody whom Telegram vouches for. */
export interface TelegramProof {
  readonly kind: 'widget' | 'init-data';
  readonly telegramId: number;
  /** Unix milliseconds from which on the data is too old. */
  readonly goodUntil: number;
  /** HMAC of the signed text: the same however the data was spelled, so that a use can be remembered by it. */
  readonly digest: string;
}

/** Why data is refused: `malformed` is no sign-in data, `forged` is not signed by this bot's key for this use. */
export type ProofFault = 'malformed' | 'forged' | 'expired' | 'future';

const POSITIVE = /^[1-9][0-9]{0,15}$/;

/** A positive whole number in its one spelling; null for anything else. */
function positive(text: string | undefined): number | null {
  const value = text !== undefined && POSITIVE.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : null;
}

function hmac(key: Buffer, fields: SignedFields['fields']): Buffer {
  return createHmac('sha256', key).update(dataCheckString(fields)).digest();
}

interface Rules {
  readonly kind: TelegramProof['kind'];
  readonly key: Buffer;
  readonly maxAgeMs: number;
  /** Whom fields that hold are about. */
  subject(fields: SignedFields['fields']): number | null;
}

function check(signed: SignedFields | null, rules: Rules, now: number): TelegramProof | ProofFault {
  if (signed === null) return 'malformed';
  const made = hmac(rules.key, signed.fields);
  if (!timingSafeEqual(made, Buffer.from(signed.hash, 'hex'))) return 'forged';
  const seconds = positive(signed.fields.get('auth_date'));
  const telegramId = rules.subject(signed.fields);
  if (seconds === null || telegramId === null) return 'malformed';
  const signedAt = seconds * 1000;
  if (signedAt > now + CLOCK_SKEW_MS) return 'future';
  if (now - signedAt > rules.maxAgeMs) return 'expired';
  return { kind: rules.kind, telegramId, goodUntil: signedAt + rules.maxAgeMs, digest: made.toString('hex') };
}

/** The id in the `user` field of `initData`; a bot is nobody who signs in. */
function userOf(fields: SignedFields['fields']): number | null {
  const user = strictJson(Buffer.from(fields.get('user') ?? ''));
  const { id, is_bot: isBot } = user ?? {};
  return typeof id === 'number' && Number.isSafeInteger(id) && id > 0 && isBot !== true ? id : null;
}

/**
 * Checks a Login Widget's object (core.telegram.org/widgets/login).
 * @param now Unix milliseconds
 */
export function checkWidget(payload: Readonly<Record<string, unknown>>, keys: BotKeys, now: number): TelegramProof | ProofFault {
  const subject: Rules['subject'] = (fields) => positive(fields.get('id'));
  return check(widgetFields(payload), { kind: 'widget', key: keys.widget, maxAgeMs: WIDGET_MAX_AGE_MS, subject }, now);
}

/**
 * Checks a Mini App's `initData` (core.telegram.org/bots/webapps). Its `signature` field, for third parties, is signed like any other.
 * @param now Unix milliseconds
 */
export function checkInitData(text: string, keys: BotKeys, now: number): TelegramProof | ProofFault {
  return check(initDataFields(text), { kind: 'init-data', key: keys.miniApp, maxAgeMs: INIT_DATA_MAX_AGE_MS, subject: userOf }, now);
}

/**
 * Checks the body of a sign-in: `{ initData }`, or the widget's object itself.
 * @param now Unix milliseconds
 */
export function checkSignIn(body: Readonly<Record<string, unknown>>, keys: BotKeys, now: number): TelegramProof | ProofFault {
  if (!Object.hasOwn(body, 'initData')) return checkWidget(body, keys, now);
  const { initData, ...rest } = body;
  if (typeof initData !== 'string' || Object.keys(rest).length > 0) return 'malformed';
  return checkInitData(initData, keys, now);
}
