/** What the authentication plugins have in common: who the client is, told to the service by headers. */
import crypto from 'node:crypto';
import type { Consumer, Credential } from '@gatehouse/kong-config';
import type { HeaderList } from '../../headers.js';
import type { Directory, Exchange, Exit } from '../../plugin.js';
import { toBytes } from './bytes.js';
import { errorExit } from './exits.js';

/** A credential, ready to be looked up. */
export interface KnownCredential {
  readonly credential: Credential;
  readonly consumer: Consumer;
  /** What X-Credential-Identifier says; bytes. */
  readonly identifier: string;
}

/** Why a request is not authenticated. */
export class Refusal {
  constructor(
    readonly status: number,
    readonly message: string,
    /** The value of WWW-Authenticate. */
    readonly challenge: string,
  ) {}
}

/**
 * The credentials of one kind by a field of theirs; those of unknown consumers are left out.
 * @param field what clients present, as bytes in the map's keys
 * @param identifier the field that is told to the service
 */
export function credentialsBy(directory: Directory, kind: string, field: string, identifier: string): ReadonlyMap<string, KnownCredential> {
  const known = new Map<string, KnownCredential>();
  for (const credential of directory.credentials(kind)) {
    const consumer = credential.consumer && directory.consumer(credential.consumer.id);
    const value = credential[field];
    if (consumer && typeof value === 'string')
      known.set(toBytes(value), { credential, consumer, identifier: toBytes(String(credential[identifier])) });
  }
  return known;
}

function setOrRemove(headers: HeaderList, name: string, key: string, value: string | null): void {
  if (value === null) headers.remove(key);
  else headers.set(name, value);
}

function tellService(headers: HeaderList, consumer: Consumer, identifier: string | null): void {
  headers.set('X-Consumer-ID', consumer.id);
  setOrRemove(headers, 'X-Consumer-Custom-ID', 'x-consumer-custom-id', consumer.custom_id && toBytes(consumer.custom_id));
  setOrRemove(headers, 'X-Consumer-Username', 'x-consumer-username', consumer.username && toBytes(consumer.username));
  setOrRemove(headers, 'X-Credential-Identifier', 'x-credential-identifier', identifier);
  setOrRemove(headers, 'X-Anonymous-Consumer', 'x-anonymous-consumer', identifier === null ? 'true' : null);
}

/** The client is this consumer. What clients say about themselves in these headers is dropped. */
export function authenticate(exchange: Exchange, { consumer, credential, identifier }: KnownCredential): void {
  exchange.consumer = consumer;
  exchange.credential = credential;
  tellService(exchange.request.headers, consumer, identifier);
}

/** The consumer that stands for clients that did not say who they are. Throws when there is none of that name. */
function becomeAnonymous(exchange: Exchange, directory: Directory, name: string): void {
  const consumer = directory.consumer(name);
  if (!consumer) throw new Error(`the anonymous consumer "${name}" does not exist`);
  exchange.consumer = consumer;
  exchange.credential = null;
  tellService(exchange.request.headers, consumer, null);
}

/**
 * What a failed attempt leads to: the anonymous consumer where one is configured, else `refuse`.
 * @param anonymous id or username, or null
 */
export function settle(
  exchange: Exchange,
  failure: Refusal | null,
  anonymous: string | null,
  directory: Directory,
  refuse = refusalExit,
): Exit | undefined {
  if (!failure) return undefined;
  if (anonymous === null) return refuse(exchange, failure);
  becomeAnonymous(exchange, directory, anonymous);
  return undefined;
}

/** A refusal in the form that the client accepts. */
export function refusalExit(exchange: Exchange, { status, message, challenge }: Refusal): Exit {
  return errorExit(exchange, status, message, { 'WWW-Authenticate': challenge });
}

/** Compares without telling by its time where two strings differ. */
export function sameSecret(a: string | Buffer, b: string | Buffer): boolean {
  const [left, right] = [Buffer.from(a as string, 'latin1'), Buffer.from(b as string, 'latin1')];
  return left.length === right.length && crypto.timingSafeEqual(left, right);
}
