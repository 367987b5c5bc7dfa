/** Kong's schema (kong/plugins/response-transformer/schema.lua), defaults filled in. */

interface NameLists {
  json: string[];
  headers: string[];
}

interface ValueLists extends NameLists {
  json_types: ('boolean' | 'number' | 'string')[];
}

export interface ResponseTransformerConfig {
  remove: NameLists;
  rename: NameLists;
  replace: ValueLists;
  add: ValueLists;
  append: ValueLists;
}
