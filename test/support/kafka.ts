/** A real Kafka (KRaft, one broker) for a test: on ports of its own, in a directory of its own; found on the machine or installed. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { type SecureEntrance, secureEntrance } from './kafka-secure.js';

const root = path.resolve(import.meta.dirname, '../..');
const START_MS = 90_000;
const STOP_MS = 20_000;
const JVM = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'];

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

export class TestKafka {
  private child: ChildProcess | null = null;
  private paused = false;
  private said = '';

  private constructor(
    private readonly home: string,
    private readonly directory: string,
    readonly port: number,
    /** A second way in, by TLS and password. */
    readonly secure: SecureEntrance,
  ) {}

  /** Starts a broker and waits until it takes messages. Ends with the process; `stop` also removes its files. */
  static async start(): Promise<TestKafka> {
    const home = execFileSync(path.join(root, 'scripts/kafka-server.sh'), {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    }).trim();
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'gatehouse-kafka-'));
    const [port, controller, securePort] = (await freePorts(3)) as [number, number, number];
    fs.cpSync(path.join(home, 'data'), path.join(directory, 'data'), { recursive: true });
    const { entrance, settings } = await secureEntrance(directory, securePort);
    const entrances = `PLAINTEXT://127.0.0.1:${port},SECURE://${entrance.address}`;
    const own = [
      fs.readFileSync(path.join(home, 'settings.properties'), 'utf8'),
      `listeners=${entrances},CONTROLLER://127.0.0.1:${controller}`,
      `advertised.listeners=${entrances}`,
      `controller.quorum.voters=1@127.0.0.1:${controller}`,
      `log.dirs=${path.join(directory, 'data')}`,
      ...settings,
    ];
    fs.writeFileSync(path.join(directory, 'server.properties'), own.join('\n'));
    const kafka = new TestKafka(home, directory, port, entrance);
    await kafka.launch();
    return kafka;
  }

  /** `host:port`, as clients want it. */
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Starts it (again) with the messages that it had. */
  async launch(): Promise<void> {
    const args = [
      ...JVM,
      this.archive(),
      '-cp',
      path.join(this.home, 'lib/*'),
      'kafka.Kafka',
      path.join(this.directory, 'server.properties'),
    ];
    const child = spawn('java', args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: this.directory });
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => this.hear(String(data)));
    const end = (): void => void child.kill('SIGKILL');
    process.once('exit', end);
    child.once('exit', () => process.off('exit', end));
    const until = Date.now() + START_MS;
    while (!(await this.answers())) {
      if (this.ended || Date.now() > until) throw new Error(`Kafka did not start on port ${this.port}: ${this.said}`);
      await sleep(100);
    }
  }

  /** Ends it without a word to anybody; its messages stay. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** Stops it where it stands: connections stay open, nothing is answered. */
  pause(): void {
    this.child?.kill('SIGSTOP');
    this.paused = true;
  }

  resume(): void {
    if (this.paused) this.child?.kill('SIGCONT');
    this.paused = false;
  }

  /** Ends it for good. */
  async stop(): Promise<void> {
    this.resume();
    // The first broker of a machine ends in peace, so that it leaves its classes for the others.
    await this.end(fs.existsSync(path.join(this.home, 'kafka.jsa')) ? 'SIGKILL' : 'SIGTERM');
    const made = path.join(this.home, `kafka.jsa.${process.pid}`);
    if (fs.existsSync(made)) fs.renameSync(made, path.join(this.home, 'kafka.jsa'));
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

  private get ended(): boolean {
    return !this.child || this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Classes that are ready to map make a start four times as fast. */
  private archive(): string {
    const archive = path.join(this.home, 'kafka.jsa');
    return fs.existsSync(archive) ? `-XX:SharedArchiveFile=${archive}` : `-XX:ArchiveClassesAtExit=${archive}.${process.pid}`;
  }

  private hear(text: string): void {
    this.said = (this.said + text).slice(-2000);
  }

  private async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const { child } = this;
    if (!child || this.ended) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    const harder = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await gone;
    clearTimeout(harder);
    this.child = null;
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
