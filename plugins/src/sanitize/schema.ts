import { policySchema } from '@gatehouse/policy';
import { z } from 'zod';

const MIB = 1024 * 1024;
const size = (max: number) => z.int().min(1).max(max);

const url = z
  .strictObject({
    max_length: size(65_536).default(4096).describe('Bytes of path and query'),
    traversal: z.boolean().default(true).describe('Refuse `..` segments in the path, percent-encoded up to three times too'),
    traversal_in_query: z.boolean().default(false).describe('The same in the values of the query'),
  })
  .prefault({})
  .describe('The address of the request');

const headers = z
  .strictObject({
    max_count: size(1000).default(100).describe('Header lines'),
    max_length: size(65_536).default(8192).describe('Bytes of one line'),
    max_total: size(1_048_576).default(32_768).describe('Bytes of all lines'),
  })
  .prefault({})
  .describe('Header lines');

const json = z
  .strictObject({
    max_depth: size(1000).default(32).describe('Nested objects and lists'),
    max_keys: size(1_000_000).default(1000).describe('Keys of one object'),
    max_items: size(10_000_000).default(10_000).describe('Items of one list'),
    max_key_length: size(65_536).default(256).describe('Characters of a key'),
    max_string_length: size(100 * MIB)
      .default(MIB)
      .describe('Characters of a string, as sent'),
    duplicate_keys: z.boolean().default(false).describe('Let a key stand twice in one object; parsers disagree which one counts'),
  })
  .prefault({})
  .describe('Bounds of JSON bodies');

const body = z
  .strictObject({
    max_bytes: size(10 * 1024 * MIB)
      .default(MIB)
      .describe('Larger bodies are refused with 413, chunked ones too'),
    inspect: z
      .boolean()
      .default(true)
      .describe('Read JSON, form, multipart and text bodies and check them. Off for uploads, which must not be held in memory'),
    measure: z
      .boolean()
      .default(true)
      .describe('Without inspection: buffer a chunked body to hold it to `max_bytes`. Off for uploads that must stream'),
    max_inspected_bytes: size(100 * MIB)
      .default(10 * MIB)
      .describe('Larger bodies of a type that is inspected are refused with 413'),
    operators: z.boolean().default(true).describe('Refuse keys that start with `$`, as query operators do'),
    prototype_keys: z.boolean().default(true).describe('Refuse the keys `__proto__`, `constructor` and `prototype`'),
    content_types: z
      .array(z.string().regex(/^[a-z0-9!#$&^_.+*-]+\/[a-z0-9!#$&^_.+*-]+$/, 'must be a media type in lower case, such as application/json'))
      .max(100)
      .default([])
      .describe('Media types that a body may have (`image/*` works); none = any'),
  })
  .prefault({})
  .describe('The body');

/** Configuration of `sanitize`. */
export const schema = policySchema({ url, headers, body, json });

export type Config = z.infer<typeof schema>;
