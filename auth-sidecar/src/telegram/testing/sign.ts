/** Sign-in data as Telegram makes it, written after its documents and not with the code under test. */
import { createHash, createHmac } from 'node:crypto';

/** A bot of the tests. */
export const BOT_TOKEN = '110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsawX';
export const OTHER_BOT_TOKEN = '110201544:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsawY';

type Fields = Readonly<Record<string, string | number>>;

function hashOf(secret: Buffer, fields: Fields): string {
  const lines = Object.keys(fields)
    .sort()
    .map((name) => `${name}=${fields[name]}`);
  return createHmac('sha256', secret).update(lines.join('\n')).digest('hex');
}

/** What the Login Widget hands to the page. */
export function signWidget(fields: Fields, token = BOT_TOKEN): Record<string, string | number> {
  return { ...fields, hash: hashOf(createHash('sha256').update(token).digest(), fields) };
}

/** `Telegram.WebApp.initData`. */
export function signInitData(fields: Fields, token = BOT_TOKEN): string {
  const hash = hashOf(createHmac('sha256', 'WebAppData').update(token).digest(), fields);
  return Object.entries({ ...fields, hash })
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&');
}

/** A whole widget object of a person. */
export function widgetOf(id: number, authDate: number, more: Fields = {}, token = BOT_TOKEN): Record<string, string | number> {
  const photo = 'https://t.me/i/userpic/320/mina.jpg';
  return signWidget({ id, first_name: 'Mina', username: 'mina', photo_url: photo, auth_date: authDate, ...more }, token);
}

/** The same of a Mini App. */
export function initDataOf(id: number, authDate: number, more: Fields = {}, token = BOT_TOKEN): string {
  const user = JSON.stringify({ id, first_name: 'Mina & Söhne', username: 'mina', language_code: 'ko', allows_write_to_pm: true });
  return signInitData({ query_id: 'AAHdF6IQAAAAAN0XohDhrOrc', user, auth_date: authDate, ...more }, token);
}
