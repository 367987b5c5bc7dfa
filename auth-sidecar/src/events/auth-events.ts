/** What the interview system's readers of `auth-events` learn of sign-ins and sign-outs. */
import type { EventPublisher, OutgoingEvent } from '@gatehouse/messaging';
import type { Random } from '@gatehouse/policy';
import { traceHeaders } from '../http/trace.js';
import type { Person } from '../oidc/tokens.js';

/** Kafka's topic of sign-ins and sign-outs. */
export const AUTH_TOPIC = 'auth-events';

/** How somebody came in. */
export type AuthMethod = 'oauth2' | 'jwt_refresh';
/** Why a session ended: the user wished it; the provider says that it is over; somebody with the right to, or a rule. */
export type LogoutReason = 'user_action' | 'token_expired' | 'admin_action';

interface Effects {
  now(): number;
  readonly random: Random;
  readonly events: EventPublisher;
}

/** A random UUID (RFC 9562 version 4). */
function uuid(random: Random): string {
  const bytes = Buffer.from(random.bytes(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Publishes; nothing here waits for anybody. */
export class AuthEvents {
  constructor(private readonly effects: Effects) {}

  authenticated({ userId, email, firstName, lastName }: Person, sessionId: string, authMethod: AuthMethod): void {
    const names = { ...(firstName === null ? {} : { firstName }), ...(lastName === null ? {} : { lastName }) };
    this.publish('user.authenticated', userId, { email: email ?? '', sessionId, authMethod, ...names });
  }

  loggedOut(userId: string, sessionId: string, logoutReason: LogoutReason): void {
    this.publish('user.logged_out', userId, { sessionId, logoutReason });
  }

  private publish(eventType: string, userId: string, data: OutgoingEvent['value']): void {
    const eventId = uuid(this.effects.random);
    const timestamp = new Date(this.effects.now()).toISOString();
    const value = { eventId, eventType, timestamp, userId, data };
    this.effects.events.publish({
      topic: AUTH_TOPIC,
      key: userId,
      id: eventId,
      type: eventType,
      time: timestamp,
      value,
      headers: traceHeaders(),
    });
  }
}
