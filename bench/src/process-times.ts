/** CPU time of processes, read from Linux's /proc (man 5 proc). */
import { readdirSync, readFileSync } from 'node:fs';
import { BenchError } from './errors.js';

/** Ticks per second of the times in /proc: USER_HZ, 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;

export interface ProcessTimes {
  readonly pid: number;
  readonly parent: number;
  /** Seconds of user and system time of the process and of its threads. */
  readonly own: number;
  /** The same of its children that have ended and were waited for. */
  readonly reaped: number;
}

/** Reads the text of /proc/PID/stat. The name, in parentheses, may hold anything, so fields count from the last one. */
export function parseStat(text: string): ProcessTimes {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const seconds = (index: number): number => Number(fields[index]) / ticksPerSecond;
  const times = {
    pid: Number.parseInt(text, 10),
    parent: Number(fields[1]),
    own: seconds(11) + seconds(12),
    reaped: seconds(13) + seconds(14),
  };
  if (Object.values(times).some(Number.isNaN)) throw new BenchError(`cannot read "${text}"`);
  return times;
}

/** Sums `own` and `reaped` of a process and of all below it. Throws BenchError when the process is not there. */
export function treeSeconds(processes: readonly ProcessTimes[], root: number): number {
  const children = Map.groupBy(processes, (each) => each.parent);
  const top = processes.find((each) => each.pid === root);
  if (!top) throw new BenchError(`process ${root} is gone`);
  const open = [top];
  let sum = 0;
  for (let next = open.pop(); next; next = open.pop()) {
    sum += next.own + next.reaped;
    open.push(...(children.get(next.pid) ?? []));
  }
  return sum;
}

/** Reads all processes of the machine; one that ends meanwhile is left out. Throws BenchError where there is no /proc. */
export function readProcesses(): ProcessTimes[] {
  const found: ProcessTimes[] = [];
  for (const name of readProc()) {
    if (!/^\d+$/.test(name)) continue;
    try {
      found.push(parseStat(readFileSync(`/proc/${name}/stat`, 'utf8')));
    } catch (error) {
      if (error instanceof BenchError) throw error;
    }
  }
  return found;
}

function readProc(): string[] {
  try {
    return readdirSync('/proc');
  } catch (cause) {
    throw new BenchError('CPU time is read from /proc: the bench needs Linux', { cause });
  }
}

/** Seconds that all cores together were busy since the machine started: the first line of /proc/stat, without idle and waiting. */
export function parseBusySeconds(text: string): number {
  const [user = 0, nice = 0, system = 0, , , interrupts = 0, softInterrupts = 0] = text
    .slice(0, text.indexOf('\n'))
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + interrupts + softInterrupts) / ticksPerSecond;
}

/** Reads it now. */
export function busySeconds(): number {
  return parseBusySeconds(readFileSync('/proc/stat', 'utf8'));
}
