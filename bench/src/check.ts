/** Makes sure that a contestant does what is going to be measured before it is measured. */
import { Agent, type IncomingMessage, request } from 'node:http';
import { BenchError } from './errors.js';
import type { Exam, Refusal } from './types.js';

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly reusedConnection: boolean;
  /** Serial number of the service's connection that brought the answer; NaN when it did not come from there. */
  readonly serviceConnection: number;
}

function ask(port: number, exam: Exam, agent: Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path: exam.path, headers: exam.headers, agent, timeout: 5000 };
    const outgoing = request(options, (incoming: IncomingMessage) => {
      let body = '';
      incoming.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      incoming.once('error', reject).once('end', () => {
        const serviceConnection = Number.parseInt(String(incoming.headers['x-connection']), 10);
        resolve({ status: incoming.statusCode ?? 0, body, reusedConnection: outgoing.reusedSocket, serviceConnection });
      });
    });
    outgoing.once('timeout', () => outgoing.destroy(new BenchError('no answer within 5 s')));
    outgoing.once('error', reject).end();
  });
}

/**
 * Asks four times on one connection, then what must be refused. Rejects with BenchError unless status and body are right, the connection
 * stayed open, and every refusal has its status.
 */
export async function check(port: number, exam: Exam): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    for (let turn = 0; turn < 4; turn++) {
      const answer = await ask(port, nth(exam, turn), agent);
      if (answer.status !== exam.status)
        throw new BenchError(`answered ${answer.status} instead of ${exam.status}: ${answer.body.slice(0, 300)}`);
      if (answer.body !== exam.body) throw new BenchError(`answered another body: ${answer.body.slice(0, 300)}`);
      if (turn > 0 && !answer.reusedConnection) throw new BenchError('closed the connection after an answer');
    }
    for (const refusal of exam.refusals ?? []) await checkRefusal(port, exam, refusal, agent);
  } finally {
    agent.destroy();
  }
}

async function checkRefusal(port: number, exam: Exam, { who, headers, status }: Refusal, agent: Agent): Promise<void> {
  const answer = await ask(port, { ...exam, headers }, agent);
  if (answer.status !== status) throw new BenchError(`answered ${who} with ${answer.status} instead of ${status}`);
}

/** The exam with its turning header's value in that turn. */
function nth(exam: Exam, turn: number): Exam {
  const { cycle } = exam;
  const value = cycle?.values[turn % cycle.values.length];
  return cycle && value !== undefined ? { ...exam, headers: { ...exam.headers, [cycle.header]: value } } : exam;
}

/** How many connections the service has accepted so far, this question's included. */
export async function serviceConnections(port: number, exam: Exam): Promise<number> {
  const agent = new Agent({ keepAlive: false });
  const { serviceConnection } = await ask(port, exam, agent);
  if (Number.isNaN(serviceConnection)) throw new BenchError('the service did not tell its connection number');
  return serviceConnection;
}
