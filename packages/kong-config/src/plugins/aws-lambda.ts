import { host, port, protocolsHttp, record, url } from '../schema/typedefs.js';
import type { Dict, Field, PluginSchema, Verdict } from '../schema/types.js';
import { choice, integer, looseFlag, number, text } from './support/fields.js';

const secret: Field = text({ referenceable: true });

function checkProxy(entity: Dict): Verdict {
  const url = (entity['config'] as Dict | null)?.['proxy_url'];
  const scheme = typeof url === 'string' ? /^([^:]+):\/\//.exec(url)?.[1] : undefined;
  return scheme === undefined || scheme === 'http' ? null : 'proxy_url scheme must be http';
}

/** https://docs.konghq.com/hub/kong-inc/aws-lambda/ */
export const awsLambda: PluginSchema = {
  name: 'aws-lambda',
  protocols: protocolsHttp,
  config: record({
    /** Milliseconds. */
    timeout: number({ required: true, default: 60000 }),
    keepalive: number({ required: true, default: 60000 }),
    aws_key: secret,
    aws_secret: secret,
    aws_assume_role_arn: secret,
    aws_role_session_name: text({ default: 'kong' }),
    aws_sts_endpoint_url: url,
    aws_region: host,
    function_name: text(),
    qualifier: text(),
    invocation_type: choice(['RequestResponse', 'Event', 'DryRun'], { required: true }),
    log_type: choice(['Tail', 'None'], { required: true }),
    host,
    port: { ...port, default: 443 },
    disable_https: looseFlag(false),
    unhandled_status: integer({ between: [100, 999] }),
    forward_request_method: looseFlag(false),
    forward_request_uri: looseFlag(false),
    forward_request_headers: looseFlag(false),
    forward_request_body: looseFlag(false),
    is_proxy_integration: looseFlag(false),
    awsgateway_compatible: looseFlag(false),
    proxy_url: url,
    skip_large_bodies: looseFlag(true),
    base64_encode_body: looseFlag(true),
    aws_imds_protocol_version: choice(['v1', 'v2'], { required: true }),
    empty_arrays_mode: choice(['legacy', 'correct'], { required: true }),
  }),
  entity_checks: [
    { check: 'mutually_required', fields: ['config.aws_key', 'config.aws_secret'] },
    { check: 'custom', sources: ['config.proxy_url'], fn: checkProxy },
  ],
};
