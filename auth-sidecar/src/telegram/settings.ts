/** What the place decides about Telegram sign-in. `.env.example` has the names and meanings. */
import { SettingsError, SettingsReader, type Variables } from '../settings-reader.js';
import type { AuthServiceOptions } from './auth-service.js';
import type { SessionTimes } from './session.js';

export interface TelegramSettings {
  readonly authService: AuthServiceOptions;
  readonly times: SessionTimes;
}

const YEAR = 31_536_000;

/** @throws SettingsError naming every variable that can't be used */
export function telegramSettings(variables: Variables): TelegramSettings {
  const reader = new SettingsReader(variables);
  const seconds = (name: string, standard: number, to: number): number => reader.number(name, standard, { from: 1, to }) * 1000;
  const url = reader.webAddress(['GONGBU_AUTH_SERVICE_URL', 'AUTH_SERVICE_URL'], 'http://127.0.0.1:9101', 'http://auth:3001');
  const settings: TelegramSettings = {
    authService: {
      url: url.replace(/\/+$/, ''),
      timeoutMs: reader.number('GONGBU_AUTH_TIMEOUT_MS', 3000, { from: 50, to: 60_000 }),
    },
    times: {
      accessMs: seconds('GONGBU_ACCESS_TOKEN_SECONDS', 3600, 86_400),
      refreshMs: seconds('GONGBU_REFRESH_TOKEN_SECONDS', 30 * 86_400, YEAR),
      sessionMs: seconds('GONGBU_SESSION_MAX_SECONDS', 90 * 86_400, YEAR),
      graceMs: seconds('GONGBU_REFRESH_GRACE_SECONDS', 10, 300),
    },
  };
  if (reader.faults.length > 0) throw new SettingsError(reader.faults);
  return settings;
}

/** The first of these variables that has a value, as a reference for `secrets`; null when none has. */
export function secretReference(variables: Variables, ...names: readonly string[]): string | null {
  const name = names.find((one) => (variables[one] ?? '') !== '');
  return name === undefined ? null : `env:${name}`;
}
