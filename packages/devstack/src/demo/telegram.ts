import { createHmac } from 'node:crypto';

/**
 * What a Telegram Mini App hands to its page (`initData`), signed with the bot's token as Telegram does.
 * Source: Telegram, "Validating data received via the Mini App".
 * @param nowMs milliseconds since the epoch
 */
export function initDataOf(botToken: string, telegramId: number, firstName: string, nowMs: number): string {
  const fields: Record<string, string> = {
    auth_date: String(Math.floor(nowMs / 1000)),
    query_id: 'AAHdF6IQAAAAAN0XohDhrOrc',
    user: JSON.stringify({ id: telegramId, first_name: firstName, language_code: 'en' }),
  };
  const text = Object.entries(fields)
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join('\n');
  const key = createHmac('sha256', 'WebAppData').update(botToken).digest();
  return new URLSearchParams({ ...fields, hash: createHmac('sha256', key).update(text).digest('hex') }).toString();
}
