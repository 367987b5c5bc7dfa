/** Adds up the metrics of several processes in the Prometheus text format. */

interface Family {
  /** Its HELP and TYPE lines. */
  readonly head: string;
  /** By the text before the value. */
  readonly samples: Map<string, number>;
}

/** @param same names of metrics that say the same of every process, and are not added up */
export function mergeText(texts: readonly string[], same: ReadonlySet<string>): string {
  const families = new Map<string, Family>();
  for (const text of texts) for (const block of text.split(/^(?=# HELP )/m)) addBlock(families, block, same);
  return [...families.values()].map(render).join('');
}

function addBlock(families: Map<string, Family>, block: string, same: ReadonlySet<string>): void {
  const name = /^# HELP (\S+)/.exec(block)?.[1];
  if (name === undefined) return;
  const lines = block.split('\n').filter((line) => line !== '');
  const known = families.get(name) ?? { head: lines.filter((line) => line.startsWith('#')).join('\n'), samples: new Map() };
  families.set(name, known);
  for (const line of lines) {
    if (line.startsWith('#')) continue;
    const space = line.lastIndexOf(' ');
    const key = line.slice(0, space);
    const value = Number(line.slice(space + 1));
    known.samples.set(key, same.has(name) ? value : (known.samples.get(key) ?? 0) + value);
  }
}

function render({ head, samples }: Family): string {
  const lines = [...samples].map(([key, value]) => `${key} ${value}\n`);
  return `${head}\n${lines.join('')}`;
}
