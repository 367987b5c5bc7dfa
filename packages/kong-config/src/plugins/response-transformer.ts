import { protocolsHttp, record } from '../schema/typedefs.js';
import type { PluginSchema } from '../schema/types.js';
import { COLON, checkHeaderRename, textList } from './support/pairs.js';

const names = textList();
const pairs = textList({ match: COLON });
const headerRenames = textList({ match: COLON, custom_validator: checkHeaderRename });
const change = record({ json: pairs, json_types: textList({ one_of: ['boolean', 'number', 'string'] }), headers: pairs });

/** https://docs.konghq.com/hub/kong-inc/response-transformer/ */
export const responseTransformer: PluginSchema = {
  name: 'response-transformer',
  protocols: protocolsHttp,
  config: record({
    remove: record({ json: names, headers: names }),
    rename: record({ json: pairs, headers: headerRenames }),
    replace: change,
    add: change,
    append: change,
  }),
};
