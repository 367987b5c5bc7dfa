/** The two keys that Telegram derives from a bot's token: data signed for one use never passes for the other. */
import { createHash, createHmac } from 'node:crypto';

/** What `BotFather` hands out: the bot's id, a colon, and a secret part. */
const TOKEN = /^[0-9]{1,20}:[A-Za-z0-9_-]{30,64}$/;

/** The token of the bot is none. The message never has the token. */
export class BotTokenError extends Error {
  readonly code = 'TELEGRAM_BOT_TOKEN';
  constructor() {
    super('the Telegram bot token has not the form ID:SECRET');
    this.name = 'BotTokenError';
  }
}

/** Keys of the two checks. */
export interface BotKeys {
  /** SHA-256 of the token (core.telegram.org/widgets/login, "Checking authorization"). */
  readonly widget: Buffer;
  /** HMAC-SHA-256 of the token under the key `WebAppData` (core.telegram.org/bots/webapps, "Validating data"). */
  readonly miniApp: Buffer;
}

/**
 * Derives both keys.
 * @throws BotTokenError for what is no bot token: a wrong secret would refuse everybody without a word
 */
export function botKeys(token: string): BotKeys {
  if (!TOKEN.test(token)) throw new BotTokenError();
  return {
    widget: createHash('sha256').update(token).digest(),
    miniApp: createHmac('sha256', 'WebAppData').update(token).digest(),
  };
}
