/** Who somebody is in the product, as its auth service says. */
import { z } from 'zod';

const word = z.string().min(1).max(128);

/** Exactly what the product's access token says, beside its times. Other fields of the answer are left out. */
export const personSchema = z.object({
  userId: word,
  telegramId: z.int().positive(),
  role: z.enum(['student', 'creator', 'admin']),
  subscriptionPlan: z.enum(['free', 'professional', 'enterprise']),
  permissions: z.array(word).max(200),
});

export type Person = Readonly<z.infer<typeof personSchema>>;

/** The auth service can't be asked, or says something that is no person. */
export class AuthServiceError extends Error {
  readonly code = 'AUTH_SERVICE';
  constructor(why: string) {
    super(why);
    this.name = 'AuthServiceError';
  }
}

/** What a look-up carries on from the request that it is made for. */
export interface Trace {
  readonly requestId: string | undefined;
  readonly traceparent: string | undefined;
}

/** Where people are looked up. */
export interface People {
  /**
   * The person with this Telegram id; null when the product knows none.
   * @throws AuthServiceError
   */
  find(telegramId: number, trace: Trace): Promise<Person | null>;
}
