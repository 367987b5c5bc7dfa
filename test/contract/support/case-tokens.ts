import type { TokenRequest } from './secrets.js';

/** The tokens of one case: whoever asks twice in it shows the same one, as a client does, however long the steps between take. */
export class CaseTokens {
  private readonly made = new Map<string, string>();

  constructor(private readonly make: (wanted: TokenRequest) => string) {}

  /** The token of a description; made at its first use. */
  of(wanted: TokenRequest): string {
    const key = JSON.stringify(wanted);
    const token = this.made.get(key) ?? this.make(wanted);
    this.made.set(key, token);
    return token;
  }
}
