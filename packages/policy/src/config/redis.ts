/** Where a policy finds Redis: one record of fields for all that need it. */
import { z } from 'zod';
import { secretReference } from './common.js';

/** Every value is named, none stands in the configuration. */
export const redisFields = () =>
  z
    .strictObject({
      url: secretReference().optional().describe('redis:// or rediss:// (TLS), with user, password and database where needed'),
      host: secretReference().optional().describe('Host, where no URL is set'),
      port: secretReference().optional().describe('Port, where no URL is set; 6379 when it is not set either'),
      username: secretReference().optional().describe('User, unless the URL has one'),
      password: secretReference().optional().describe('Password, unless the URL has one; read again at every connection'),
      ca: secretReference().optional().describe('Certificate authority in PEM form: turns TLS on'),
    })
    .optional()
    .describe('Default: `<SYSTEM>_REDIS_URL`, `<SYSTEM>_REDIS_HOST` …, else `REDIS_URL` …; none set: counted in this process alone');

export type RedisFields = NonNullable<z.infer<ReturnType<typeof redisFields>>>;
