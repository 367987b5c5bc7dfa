import { host, path, port, protocol, tags, timestamp, utf8Name, uuid } from '../schema/typedefs.js';
import type { Dict, EntityCheck, EntitySchema, NumberField } from '../schema/types.js';
import { parseUrl } from '../schema/uri.js';

const timeout: NumberField = { type: 'integer', between: [1, 2147483646], default: 60000 };

function onlyOverTls(then_field: string): EntityCheck {
  return { check: 'conditional', if_field: 'protocol', if_match: { not_one_of: ['https', 'tls'] }, then_field, then_match: { eq: null } };
}

function portOf(text: string | undefined, protocolName: string): unknown {
  if (text === undefined) return protocolName === 'https' ? 443 : 80;
  const number = Number(text);
  return text.trim() === '' || Number.isNaN(number) ? text : number;
}

/** `protocol://host:port/path` as its four fields. */
function expandUrl(url: unknown): Dict | null {
  const parts = parseUrl(String(url));
  if (parts === null) return null;
  const byPort = Number(parts.port) === 443 ? 'https' : 'http';
  const protocolName = parts.scheme ?? byPort;
  return { protocol: protocolName, host: parts.host ?? null, port: portOf(parts.port, protocolName), path: parts.path ?? null };
}

/** https://docs.konghq.com/gateway/3.9.x/admin-api/#service-object */
export const services: EntitySchema = {
  name: 'services',
  endpoint_key: 'name',
  fields: {
    id: uuid,
    created_at: timestamp,
    name: utf8Name,
    retries: { type: 'integer', default: 5, between: [0, 32767] },
    protocol: { ...protocol, required: true, default: 'http' },
    host: { ...host, required: true },
    port: { ...port, required: true, default: 80 },
    path,
    connect_timeout: timeout,
    write_timeout: timeout,
    read_timeout: timeout,
    tags,
    client_certificate: { type: 'foreign', reference: 'certificates' },
    tls_verify: { type: 'boolean' },
    tls_verify_depth: { type: 'integer', between: [0, 64] },
    ca_certificates: { type: 'array', elements: { type: 'string', uuid: true } },
    enabled: { type: 'boolean', required: true, default: true },
  },
  entity_checks: [
    {
      check: 'conditional',
      if_field: 'protocol',
      if_match: { one_of: ['tcp', 'tls', 'udp', 'grpc', 'grpcs'] },
      then_field: 'path',
      then_match: { eq: null },
    },
    ...['client_certificate', 'tls_verify', 'tls_verify_depth', 'ca_certificates'].map(onlyOverTls),
  ],
  shorthand_fields: { url: { field: { type: 'string' }, expand: expandUrl } },
};
