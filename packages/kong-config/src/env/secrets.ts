/** What must never stand in a rendered file: values of variables that hold secrets, and addresses with a password in them. */

/** Whole words of a variable's name that mean its value is a secret. */
const secretWords = /(^|_)(SECRET|SECRETS|PASSWORD|PASSWD|PASSPHRASE|TOKEN|TOKENS|PEPPER|KEY|KEYS|PRIVATE|DSN)(_|$)/;

/** How long something lives is no secret. */
const durations = /_(SECONDS|MS)$/;

/** True when a variable's name says that it holds a secret (`GONGBU_JWT_SECRET`, `API_KEY_PEPPER`). */
export function isSecretName(name: string): boolean {
  return secretWords.test(name.toUpperCase()) && !durations.test(name.toUpperCase());
}

/** True when a text holds an address with a user or a password: `redis://:secret@host`. */
export function hasCredentials(text: string): boolean {
  return /[a-z][a-z0-9+.-]*:\/\/[^/?#\s]*@/i.test(text);
}
