/** Why a command on Redis failed. No message has an address or a value. */

/** There is no connection, or it was found too slow to wait for. */
export class RedisAwayError extends Error {
  readonly code = 'REDIS_AWAY';
  constructor(why: string) {
    super(`Redis is away: ${why}`);
    this.name = 'RedisAwayError';
  }
}

/** Redis did not answer within the deadline. The command may be carried out all the same. */
export class RedisDeadlineError extends Error {
  readonly code = 'REDIS_DEADLINE';
  constructor(ms: number) {
    super(`Redis did not answer within ${ms} ms`);
    this.name = 'RedisDeadlineError';
  }
}
