/** The real gateway process beside what can be seen of it from outside. */
import fs from 'node:fs';
import { freePort, GatewayProcess } from '../../support/gateway-process.js';

const PATIENCE_MS = 10_000;

/** Polls until something holds. Throws with `what` when that takes unreasonably long. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; !(await holds()); ) {
    if (Date.now() > end) throw new Error(`waited in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export interface Counts {
  connections: number;
  requests: number;
}

export class Plane implements AsyncDisposable {
  private constructor(
    readonly gateway: GatewayProcess,
    private readonly statusPort: number,
  ) {}

  static async start(config: string, environment: Record<string, string> = {}, extra: string[] = []): Promise<Plane> {
    const statusPort = await freePort();
    const gateway = await GatewayProcess.start(config, ['--status-port', String(statusPort), ...extra], environment);
    return new Plane(gateway, statusPort);
  }

  get port(): number {
    return this.gateway.port;
  }

  /** Open file descriptors of the process: sockets, files, and what Node itself holds. */
  descriptors(): string[] {
    const folder = `/proc/${this.gateway.child.pid}/fd`;
    return fs.readdirSync(folder).flatMap((name) => {
      try {
        return [fs.readlinkSync(`${folder}/${name}`)];
      } catch {
        return [];
      }
    });
  }

  /** Temporary files that bodies are collected in. */
  spoolFiles(): number {
    return this.descriptors().filter((target) => target.includes('gatehouse-') && target.endsWith('(deleted)')).length;
  }

  sockets(): number {
    return this.descriptors().filter((target) => target.startsWith('socket:')).length;
  }

  async counts(): Promise<Counts> {
    const answer = await fetch(`http://127.0.0.1:${this.statusPort}/status`, { headers: { connection: 'close' } });
    const { server } = (await answer.json()) as { server: { connections_active: number; requests_in_flight: number } };
    return { connections: server.connections_active, requests: server.requests_in_flight };
  }

  /** Waits until no client connection and no request is left. */
  quiet(): Promise<void> {
    return until('no connections and no requests', async () => {
      const { connections, requests } = await this.counts();
      return connections === 0 && requests === 0;
    });
  }

  get alive(): boolean {
    return this.gateway.child.exitCode === null && this.gateway.child.signalCode === null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.gateway.stop('SIGKILL');
  }
}
