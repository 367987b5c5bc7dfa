/** docs/bench/README.md, written anew from all saved reports. */
import type { Report } from '../types.js';
import { describeBar } from './bars.js';
import { markdownTable } from './table.js';

const introduction = `# Benchmarks

Written by \`make bench\`: don't edit. Gatehouse's embedded plane beside other gateways, measured in one run on one machine.

    make bench                              # about five minutes; writes this page
    make bench SCENARIO=bare-proxy ROUNDS=9 SECONDS=10
    make bench ONLY=gatehouse,envoy ROUNDS=2   # a short look: printed, not published
    bench/profile.sh                        # where Gatehouse's own time goes: table and flame graph

## How it is measured

- Every contestant has one worker (one thread, or one Node process), listens on 127.0.0.1, writes no access log, and keeps its connections
  to the service open. Their configurations are in [bench/peers](../../bench/peers) and [bench/gatehouse](../../bench/gatehouse).
- wrk keeps 50 connections open and sends the next request when the answer has come. The service is nginx with one worker, answering from
  memory.
- Before it is measured, each contestant must answer with the right status and the right 1 KiB and keep the client's connection open, and
  refuse whom the scenario wants refused (a request without a token: 401); while
  it is measured, one wrong answer, or more than one new connection to the service per hundred requests, fails it.
- All contestants run at the same time, idle but for the one that is measured. Each is warmed up, then measured once in every round; the
  order changes from round to round. The tables show medians over the rounds; the JSON files hold every round.
- **CPU µs/request** is the user and system time of all of a contestant's processes (\`/proc/PID/stat\`), divided by the requests served.
  It is the figure to compare, because it depends least on what else the machine does (shared caches still move it: the plot shows the range;
  publish from a machine that is quiet). **Requests/s and latencies depend on it a lot**:
  the load generator, the service and the contestant share the machine's cores with each other and with whatever else runs. The cores that
  others used are stated with each table.
- Ratios are the medians of the ratios within each round: the machine's own speed changes from minute to minute (virtual cores share a
  real one with neighbours), for all contestants alike.
- Latencies are those of a saturated proxy: at 50 connections that never pause, the mean is 50 divided by the throughput.
`;

function section(report: Report): string {
  const { machine, settings } = report;
  const titleOf = (name: string): string => report.results.find((each) => each.name === name)?.title ?? name;
  const bars = report.bars.map((bar) => `- ${bar.met ? '✅' : bar.kind === 'aim' ? '🔶' : '❌'} ${describeBar(bar, titleOf)}`);
  const helpers = (report.helpers ?? []).map((each) => ` Beside it: ${each}; its CPU time is not the contestant's.`);
  const failures = report.failures.map((failure) => `- ❌ ${failure.split('\n')[0] ?? ''}`);
  return `## ${report.title}

${report.purpose}

${markdownTable(report.results)}

![CPU time per request](${report.scenario}.svg)

${[...bars, ...failures].join('\n')}

Measured ${report.date.slice(0, 16).replace('T', ' ')} UTC at commit ${report.commit}.
${machine.processor}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}, Linux ${machine.kernel}, Node ${machine.node},
${machine.loadGenerator}; ${settings.rounds} rounds of ${settings.secondsPerRound} s after a warm-up of ${settings.warmUpSeconds} s.
Other programs used ${machine.otherCores.toFixed(2)} of the ${machine.cores} cores meanwhile (median). Service: ${report.service}.${helpers.join('')}
Every round: [${report.scenario}.json](${report.scenario}.json).
`;
}

/** The whole page, reports in the order given. */
export function page(reports: readonly Report[]): string {
  return [introduction, ...reports.map(section)].join('\n');
}
