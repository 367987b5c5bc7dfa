/** Processes and the pipes between them, by node:cluster: where the system can't share a port by itself, it does that, too. */
import cluster from 'node:cluster';
import type { Port } from './channel.js';
import type { Child } from './worker-handle.js';

/** Starts this command again as a worker. */
export function forkWorker(): Child {
  // Structured clones: bodies of answers cross as bytes. Connections go to whichever worker takes them.
  cluster.setupPrimary({ serialization: 'advanced' });
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  const worker = cluster.fork();
  const child = worker.process;
  child.on('error', () => undefined);
  return {
    pid: child.pid ?? 0,
    send: (message, sent) => void child.send(message as object, undefined, undefined, (error) => sent(error)),
    onMessage: (heard) => void worker.on('message', (message) => heard(message)),
    onExit: (ended) => void child.once('exit', ended),
    kill: (signal) => void child.kill(signal),
  };
}

/** The pipe to the process that started this one. */
export function parentPort(self: NodeJS.Process): Port & { onMessage(heard: (message: unknown) => void): void } {
  // Without this, node:cluster would end the process at once when the first one is gone, in the middle of requests.
  if (cluster.worker) cluster.worker.exitedAfterDisconnect = true;
  return {
    send: (message, sent) => {
      if (self.connected) self.send!(message, undefined, undefined, (error) => sent(error));
      else sent(new Error('the first process is gone'));
    },
    onMessage: (heard) => void self.on('message', (message) => heard(message)),
  };
}
