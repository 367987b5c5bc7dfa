/** Looking people up at the product's auth service: `GET AUTH_SERVICE_URL/internal/telegram/{id}`. */
import { strictJson } from '@gatehouse/policy';
import { AuthServiceError, type People, type Person, personSchema, type Trace } from './person.js';

/** Bytes of an answer. */
const ANSWER_MAX = 65_536;

export interface AuthServiceOptions {
  /** Without a slash at its end. */
  readonly url: string;
  /** Milliseconds for the whole exchange. */
  readonly timeoutMs: number;
}

export interface AuthServiceTools {
  readonly fetch: typeof fetch;
  /** A token that tells the service that the sidecar asks. */
  serviceToken(audience: string): string;
}

async function readBounded(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    // Leaving the loop cancels the stream.
    if (length > ANSWER_MAX) throw new AuthServiceError('the answer is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function personIn(bytes: Uint8Array, telegramId: number): Person {
  const found = personSchema.safeParse(strictJson(bytes));
  if (!found.success) throw new AuthServiceError('the answer is no person');
  if (found.data.telegramId !== telegramId) throw new AuthServiceError('the answer is about somebody else');
  return found.data;
}

/** The auth service over HTTP. Whatever goes wrong is AuthServiceError: nobody signs in on a guess. */
export class AuthService implements People {
  constructor(
    private readonly options: AuthServiceOptions,
    private readonly tools: AuthServiceTools,
  ) {}

  async find(telegramId: number, trace: Trace): Promise<Person | null> {
    try {
      const response = await this.ask(telegramId, trace);
      if (response.status === 200) return personIn(await readBounded(response), telegramId);
      await response.body?.cancel();
      if (response.status === 404) return null;
      throw new AuthServiceError(`the answer was ${response.status}`);
    } catch (error) {
      if (error instanceof AuthServiceError) throw error;
      const { name, cause } = error as { name?: string; cause?: { code?: string } };
      throw new AuthServiceError(cause?.code ?? name ?? 'no answer');
    }
  }

  private ask(telegramId: number, { requestId, traceparent }: Trace): Promise<Response> {
    return this.tools.fetch(`${this.options.url}/internal/telegram/${telegramId}`, {
      headers: {
        accept: 'application/json',
        'x-service-token': this.tools.serviceToken('gongbu-auth'),
        ...(requestId === undefined ? {} : { 'x-request-id': requestId }),
        ...(traceparent === undefined ? {} : { traceparent }),
      },
      redirect: 'error',
      signal: AbortSignal.timeout(this.options.timeoutMs),
    });
  }
}
