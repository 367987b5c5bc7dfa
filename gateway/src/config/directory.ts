/** Finds consumers and credentials for the plugins that ask who a client is. */
import type { Consumer, KongConfig } from '@gatehouse/kong-config';
import type { Directory } from '../plugin.js';

/** The directory of one configuration. */
export function directoryOf({ consumers, credentials }: Pick<KongConfig, 'consumers' | 'credentials'>): Directory {
  const byName = new Map<string, Consumer>();
  for (const consumer of consumers) if (consumer.username !== null) byName.set(consumer.username, consumer);
  // Ids last: where a username looks like an id, the id wins, as in Kong.
  const known = new Map([...byName, ...consumers.map((consumer): [string, Consumer] => [consumer.id, consumer])]);
  return {
    credentials: (kind) => credentials[kind] ?? [],
    consumer: (idOrUsername) => known.get(idOrUsername) ?? null,
  };
}
