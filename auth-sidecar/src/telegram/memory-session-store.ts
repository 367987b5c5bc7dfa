import type { TelegramSession, TelegramSessionStore } from './session.js';

/** Sessions of this process alone. When full, the oldest one goes: its user signs in again. */
export class MemorySessionStore implements TelegramSessionStore {
  private readonly sessions = new Map<string, TelegramSession>();

  /** @param capacity sessions that are kept at most */
  constructor(
    private readonly now: () => number,
    private readonly capacity = 100_000,
  ) {}

  async add(session: TelegramSession): Promise<void> {
    const oldest = this.sessions.keys().next();
    if (this.sessions.size >= this.capacity && !oldest.done) this.sessions.delete(oldest.value);
    this.sessions.set(session.id, session);
  }

  async get(id: string): Promise<TelegramSession | null> {
    return this.live(id);
  }

  async advance(next: TelegramSession): Promise<boolean> {
    if (this.live(next.id)?.generation !== next.generation - 1) return false;
    this.sessions.delete(next.id);
    this.sessions.set(next.id, next);
    return true;
  }

  async end(id: string): Promise<void> {
    this.sessions.delete(id);
  }

  private live(id: string): TelegramSession | null {
    const found = this.sessions.get(id);
    if (!found || found.expiresAt > this.now()) return found ?? null;
    this.sessions.delete(id);
    return null;
  }
}
