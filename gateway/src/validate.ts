/** What `gatehouse validate` asks of the planes: everything that they would refuse at their start. */
import type { Fault, KongConfig, PlaneCheck } from '@gatehouse/kong-config';
import { createRuntime, isAbsentSecret } from '@gatehouse/plugins';
import { ConfigurationError, Gateway } from './gateway.js';
import { isPolicy, policyLink } from './policies/build.js';
import { readSettings } from './settings.js';

type Values = Parameters<PlaneCheck>[2]['values'];

const silent = (): void => undefined;
/** A policy that asks for nothing but its secrets is made and ended at once: nothing is connected that would not be ended. */
const NO_REDIS = /(^|_)REDIS_(URL|HOST)$/;

/** The variables without those that would connect to a Redis. */
function offline(values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !NO_REDIS.test(name)));
}

function told(faults: readonly Fault[], secrets: boolean): Fault[] {
  return faults.filter(({ message }) => secrets || !isAbsentSecret(message));
}

/** Makes everything ready as the embedded plane does, and lets go of it. */
export const checkEmbedded: PlaneCheck = (config, source, { values, secrets }) => {
  const gateway = new Gateway({
    settings: readSettings({}),
    log: silent,
    environment: offline(values),
    standardCertificate: { cert: '', key: '' },
  });
  try {
    gateway.prepareConfig(config, source).drop();
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return told(error.faults, secrets);
    throw error;
  } finally {
    gateway.runtime.close();
  }
};

/** Under Kong its own plugins are Kong's to judge, whose rules the loader has; ours are judged here, as our server does. */
export const checkKong: PlaneCheck = (config, { file, places }, { values, secrets }) => {
  const { effects, close } = createRuntime({ log: silent, environment: offline(values) });
  try {
    return told(
      policyFaults(config, (entity, i) => policyLink(entity, places.get(entity.id) ?? `plugins[${i}]`, file, effects)),
      secrets,
    );
  } finally {
    close();
  }
};

type MakeLink = (entity: KongConfig['plugins'][number], index: number) => ReturnType<typeof policyLink>;

function policyFaults(config: KongConfig, make: MakeLink): Fault[] {
  return config.plugins.flatMap((entity, i) => {
    if (!entity.enabled || !isPolicy(entity.name)) return [];
    const made = make(entity, i);
    if (Array.isArray(made)) return made;
    made.link.instance.close?.();
    return [];
  });
}
