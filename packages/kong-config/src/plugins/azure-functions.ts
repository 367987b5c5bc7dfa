import { protocols, record } from '../schema/typedefs.js';
import type { PluginSchema } from '../schema/types.js';
import { looseFlag, number, text } from './support/fields.js';

/** https://docs.konghq.com/hub/kong-inc/azure-functions/ */
export const azureFunctions: PluginSchema = {
  name: 'azure-functions',
  protocols,
  config: record({
    /** Milliseconds. */
    timeout: number({ default: 600000 }),
    keepalive: number({ default: 60000 }),
    https: looseFlag(true),
    https_verify: looseFlag(false),
    apikey: text({ referenceable: true }),
    clientid: text({ referenceable: true }),
    appname: text({ required: true }),
    hostdomain: text({ required: true, default: 'azurewebsites.net' }),
    routeprefix: text({ default: 'api' }),
    functionname: text({ required: true }),
  }),
};
