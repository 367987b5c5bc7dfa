/** A real Kafka (KRaft, one broker) for a test: on ports and in a directory of its own; in a container, or natively, installed when it is missing. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { type SecureEntrance, secureEntrance } from './kafka-secure.js';
import type { ContainerProgram } from './parts/container.js';
import type { NativeProgram } from './parts/native.js';
import { type Part, preparePart } from './parts/part.js';

const root = path.resolve(import.meta.dirname, '../..');
const START_MS = 90_000;
const JVM = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'];

/** The settings that all brokers of the tests share; those of one follow them. */
const SETTINGS = path.join(root, 'test/support/parts/kafka.properties');
const CLUSTER = 'AAAAAAAAAAAAAAAAAAAAAQ';

/** A message as it stands in a topic. */
export interface ReadMessage {
  readonly partition: number;
  readonly offset: number;
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Ports that nothing listens on, all different. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<net.Server>((resolve) => {
          const server = net.createServer();
          server.listen(0, '127.0.0.1', () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => (server.address() as net.AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Where Kafka is on this machine: installed, once, when it is missing. */
const kafkaHome = (): string =>
  execFileSync(path.join(root, 'scripts/kafka-server.sh'), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();

/** Classes that are ready to map make a start four times as fast; the first broker of a machine leaves them for the others. */
class ClassArchive {
  private readonly file: string;
  private readonly made: string;

  constructor(home: string) {
    this.file = path.join(home, 'kafka.jsa');
    this.made = `${this.file}.${process.pid}`;
  }

  get there(): boolean {
    return fs.existsSync(this.file);
  }

  get flag(): string {
    return this.there ? `-XX:SharedArchiveFile=${this.file}` : `-XX:ArchiveClassesAtExit=${this.made}`;
  }

  /** After a broker that wrote it has ended in peace. */
  keep(): void {
    if (fs.existsSync(this.made)) fs.renameSync(this.made, this.file);
  }
}

const server = (libraries: string, directory: string, ...jvm: string[]): string[] => [
  ...JVM,
  ...jvm,
  '-cp',
  libraries,
  'kafka.Kafka',
  path.join(directory, 'server.properties'),
];

function nativeProgram(home: string, directory: string, archive: ClassArchive): () => NativeProgram {
  fs.cpSync(path.join(home, 'data'), path.join(directory, 'data'), { recursive: true });
  return () => ({ command: 'java', args: server(path.join(home, 'lib/*'), directory, archive.flag), directory });
}

/** Formats its data first, unless an earlier launch did. */
function containerProgram(directory: string): ContainerProgram {
  const libraries = '/opt/kafka/libs/*';
  const format = `java -cp '${libraries}' kafka.tools.StorageTool format --ignore-formatted -t ${CLUSTER} -c "$0" >/dev/null`;
  const script = `${format} && exec java "$@"`;
  const command = [path.join(directory, 'server.properties'), ...server(libraries, directory)];
  return { entrypoint: ['sh', '-c', script], command, directory };
}

export class TestKafka {
  private constructor(
    private readonly part: Part,
    private readonly archive: ClassArchive | null,
    private readonly directory: string,
    readonly port: number,
    /** A second way in, by TLS and password. */
    readonly secure: SecureEntrance,
  ) {}

  /** Starts a broker and waits until it takes messages. Ends with the process; `stop` also removes its files. */
  static async start(): Promise<TestKafka> {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'gatehouse-kafka-'));
    const [port, controller, securePort] = (await freePorts(3)) as [number, number, number];
    const { entrance, settings } = await secureEntrance(directory, securePort);
    const entrances = `PLAINTEXT://127.0.0.1:${port},SECURE://${entrance.address}`;
    const own = [
      fs.readFileSync(SETTINGS, 'utf8'),
      `listeners=${entrances},CONTROLLER://127.0.0.1:${controller}`,
      `advertised.listeners=${entrances}`,
      `controller.quorum.voters=1@127.0.0.1:${controller}`,
      `log.dirs=${path.join(directory, 'data')}`,
      ...settings,
    ];
    fs.writeFileSync(path.join(directory, 'server.properties'), own.join('\n'));
    let archive: ClassArchive | null = null;
    const part = await preparePart('kafka', {
      native: () => {
        const home = kafkaHome();
        archive = new ClassArchive(home);
        return nativeProgram(home, directory, archive);
      },
      container: () => containerProgram(directory),
    });
    const kafka = new TestKafka(part, archive, directory, port, entrance);
    await kafka.launch();
    return kafka;
  }

  /** `host:port`, as clients want it. */
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Starts it (again) with the messages that it had. */
  async launch(): Promise<void> {
    await this.part.launch();
    const until = Date.now() + START_MS;
    while (!(await this.answers())) {
      if (this.part.ended || Date.now() > until) throw new Error(`Kafka did not start on port ${this.port}: ${await this.part.said()}`);
      await sleep(100);
    }
  }

  /** Ends it without a word to anybody; its messages stay. */
  kill(): Promise<void> {
    return this.part.kill();
  }

  /** Stops it where it stands: connections stay open, nothing is answered. */
  pause(): Promise<void> {
    return this.part.pause();
  }

  resume(): Promise<void> {
    return this.part.resume();
  }

  /** Ends it for good. */
  async stop(): Promise<void> {
    await this.part.resume();
    // In peace where it has classes to leave for the others.
    if (this.archive && !this.archive.there) await this.part.kill('SIGTERM');
    await this.part.remove();
    this.archive?.keep();
    fs.rmSync(this.directory, { recursive: true, force: true });
  }

  /** A client of kafkajs that says nothing of its own. */
  client(id = 'test'): Kafka {
    return new Kafka({
      clientId: id,
      brokers: [this.address],
      logLevel: logLevel.NOTHING,
      retry: { retries: 10, initialRetryTime: 100, maxRetryTime: 1000 },
    });
  }

  /** Makes a topic, or leaves it as it is. */
  async topic(name: string, partitions = 4, settings: Readonly<Record<string, string>> = {}): Promise<void> {
    const admin = this.client().admin();
    await admin.connect();
    const configEntries = Object.entries(settings).map(([key, value]) => ({ name: key, value }));
    const topics = [{ topic: name, numPartitions: partitions, replicationFactor: 1, configEntries }];
    await admin.createTopics({ waitForLeaders: true, topics });
    await admin.disconnect();
  }

  /** All messages that a topic has now. */
  async readAll(topic: string, ms = 30_000): Promise<ReadMessage[]> {
    const admin = this.client().admin();
    await admin.connect();
    const offsets = await admin.fetchTopicOffsets(topic);
    await admin.disconnect();
    return this.read(
      topic,
      offsets.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0),
      ms,
    );
  }

  /** Messages of a topic from its start, each partition in its order. Returns once `count` are there. */
  async read(topic: string, count: number, ms = 30_000): Promise<ReadMessage[]> {
    const consumer = this.client().consumer({ groupId: `reader-${process.hrtime.bigint()}`, maxWaitTimeInMs: 100 });
    const messages: ReadMessage[] = [];
    try {
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: true });
      await consumer.run({ eachMessage: async ({ partition, message }) => void messages.push(asRead(partition, message)) });
      const until = Date.now() + ms;
      while (messages.length < count) {
        if (Date.now() > until) throw new Error(`${messages.length} of ${count} messages after ${ms} ms`);
        await sleep(20);
      }
      return messages;
    } finally {
      await consumer.disconnect();
    }
  }

  /** Whether the broker has registered itself: a port that answers is not enough. */
  private async answers(): Promise<boolean> {
    const open = await new Promise<boolean>((resolve) => {
      const socket = net.connect(this.port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false));
      socket.once('close', () => resolve(false)).setTimeout(1000, () => socket.destroy());
      socket.once('connect', () => socket.destroy());
    });
    if (!open) return false;
    const admin = new Kafka({ clientId: 'ready', brokers: [this.address], logLevel: logLevel.NOTHING, retry: { retries: 0 } }).admin();
    try {
      await admin.connect();
      return (await admin.describeCluster()).brokers.length === 1;
    } catch {
      return false;
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
  }
}

function asRead(
  partition: number,
  message: { offset: string; key: Buffer | null; value: Buffer | null; headers?: Record<string, unknown> | undefined },
): ReadMessage {
  const headers = Object.fromEntries(Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]));
  return { partition, offset: Number(message.offset), key: String(message.key ?? ''), value: String(message.value ?? ''), headers };
}
