import { BlockList, isIPv6 } from 'node:net';
import { type BaseEffects, ConfigError, definePolicy } from '@gatehouse/policy';
import { accessLine } from './access-line.js';
import { exposition, type MetricFamily, mergeFamilies } from './families.js';
import { create, needs } from './policy.js';
import { RequestRecorder } from './recorder.js';
import { type Config, schema } from './schema.js';
import { systemView } from './views.js';

export { exposition, type MetricFamily, mergeFamilies } from './families.js';
export { familiesOf, registryFamilies } from './prom-source.js';

const NAME = 'telemetry';

/** What `telemetry` uses of the world. */
export interface TelemetryEffects extends BaseEffects {
  /** The metrics of every process that serves this gateway, each process's own. */
  metricFamilies(): Promise<readonly (readonly MetricFamily[])[]>;
  /** Takes one line of the access log, without its line break. */
  accessLog(line: string): void;
}

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** @throws ConfigError for a block that is none */
function allowList(blocks: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const [i, block] of blocks.entries()) {
    const [address = '', bits] = block.split('/');
    try {
      list.addSubnet(address, Number(bits), isIPv6(address) ? 'ipv6' : 'ipv4');
    } catch {
      throw new ConfigError(NAME, [{ path: `allow[${i}]`, message: 'is no block of addresses' }]);
    }
  }
  return (address) => {
    const plain = MAPPED.exec(address)?.[1] ?? address;
    return list.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
  };
}

class SharedRecorder extends RequestRecorder {
  constructor(config: Config, system: string, effects: BaseEffects) {
    const topIps = config.format === 'freelance' ? config.top_ips : 0;
    super({ system, versions: config.versions, ipLabels: config.ip_labels, topIps }, effects);
  }

  close(): void {
    // Its series stay: a counter that went back would look like a restart.
  }
}

export const telemetry = definePolicy({
  name: NAME,
  version: '1.0.0',
  priority: 5,
  summary: 'Metrics under each system’s names, the access log, and /metrics',
  schema,
  deadlineMs: 5000,
  needs,
  create(config: Config, effects: TelemetryEffects) {
    const system = config.system ?? '';
    const key = JSON.stringify([system, config.format, config.versions, config.ip_labels, config.top_ips]);
    const recorder = effects.shared.acquire(`${NAME}:${key}`, () => new SharedRecorder(config, system, effects));
    const { enabled, service } = config.log;
    const instance = create(config, {
      recorder: recorder.value,
      isAllowed: allowList(config.allow),
      page: async () => exposition(systemView(mergeFamilies(await effects.metricFamilies()), config.format, system, config.canonical)),
      writeLine: enabled ? (facts, context, outcome, now) => effects.accessLog(accessLine(service, facts, context, outcome, now)) : null,
    });
    return Object.assign(instance, { close: () => recorder.release() });
  },
});
