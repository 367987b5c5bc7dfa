import { httpMethod, protocols, record } from '../schema/typedefs.js';
import type { PluginSchema, Verdict } from '../schema/types.js';
import { COLON, checkHeaderPair, checkHeaderRename, splitPair, textList } from './support/pairs.js';
import { templateFault } from './support/template.js';

/** An entry must have a value, and the value's template must be well-formed. */
function checkPair(pair: string): Verdict {
  const { name, value } = splitPair(pair);
  if (name === null || value === '') return `key '${name ?? ''}' has no value`;
  const fault = templateFault(value);
  return fault === null ? null : `value '${value}' is not in supported format, error:${fault}`;
}

const names = textList();
const pairs = textList({ custom_validator: checkPair });
const headerNames = textList({ custom_validator: checkHeaderPair });
const headerPairs = textList({ match: COLON, custom_validator: checkHeaderPair });
const headerRenames = textList({ match: COLON, custom_validator: checkHeaderRename });
const change = { body: pairs, headers: headerPairs, querystring: pairs };

/** https://docs.konghq.com/hub/kong-inc/request-transformer/ */
export const requestTransformer: PluginSchema = {
  name: 'request-transformer',
  protocols,
  config: record({
    http_method: httpMethod,
    remove: record({ body: names, headers: headerNames, querystring: names }),
    rename: record({ body: pairs, headers: headerRenames, querystring: pairs }),
    replace: record({ ...change, uri: { type: 'string' } }),
    add: record(change),
    append: record(change),
  }),
};
