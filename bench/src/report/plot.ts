/** The results as a bar chart: CPU time per request, with the range over the rounds. */
import type { Report, Result } from '../types.js';
import { byCpu, label } from './table.js';

const width = 820;
const rowHeight = 30;
const left = 290;
const right = 90;
const top = 74;
const bottom = 34;
const colours = { ours: '#1d4ed8', peer: '#94a3b8', reference: '#cbd5e1' } as const;

/** Text as XML allows it. */
export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** The beginning of an SVG document on white. */
export function openSvg(width: number, height: number, attributes: string): string {
  const size = `width="${width}" height="${height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} viewBox="0 0 ${width} ${height}" ${attributes}>\n<rect ${size} fill="#ffffff"/>`;
}

/** 1, 2 or 5 times a power of ten: about four grid lines up to `most`. */
export function gridStep(most: number): number {
  const rough = most / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough) ?? rough;
}

function rowOf(result: Result, index: number, scale: (micros: number) => number): string {
  const y = top + index * rowHeight;
  const middle = y + rowHeight / 2;
  const cpu = result.rounds.map((each) => each.cpuMicros);
  const [from, to] = [scale(Math.min(...cpu)).toFixed(1), scale(Math.max(...cpu)).toFixed(1)];
  const end = scale(result.median.cpuMicros);
  const weight = result.role === 'ours' ? ' font-weight="600"' : '';
  return [
    `<text x="${left - 10}" y="${middle + 4}" text-anchor="end"${weight}>${escapeXml(label(result))}</text>`,
    `<rect x="${left}" y="${y + 5}" width="${(end - left).toFixed(1)}" height="${rowHeight - 10}" rx="2" fill="${colours[result.role]}"/>`,
    `<path d="M${from} ${middle}H${to}M${from} ${middle - 4}v8M${to} ${middle - 4}v8" stroke="#0f172a"/>`,
    `<text x="${(Math.max(Number(to), end) + 8).toFixed(1)}" y="${middle + 4}"${weight}>${result.median.cpuMicros.toFixed(1)} µs</text>`,
  ].join('\n');
}

/** An SVG document. */
export function plot(report: Report): string {
  const results = byCpu(report.results);
  const most = Math.max(1, ...results.flatMap((each) => each.rounds.map((one) => one.cpuMicros)));
  const scale = (micros: number): number => left + (micros / most) * (width - left - right);
  const height = top + results.length * rowHeight + bottom;
  const step = gridStep(most);
  const grid = Array.from({ length: Math.floor(most / step) + 1 }, (_none, index) => {
    const x = scale(index * step).toFixed(1);
    const line = `<path d="M${x} ${top}V${height - bottom}" stroke="#e2e8f0"/>`;
    const number = Number((index * step).toPrecision(6));
    return `${line}<text x="${x}" y="${height - bottom + 18}" text-anchor="middle" fill="#64748b">${number}</text>`;
  });
  const { connections, rounds } = report.settings;
  const about = `${report.machine.processor}, ${connections} connections, medians of ${rounds} rounds, ${report.date.slice(0, 10)}`;
  return `${openSvg(width, height, 'font-family="system-ui, sans-serif" font-size="13" fill="#0f172a"')}
<text x="16" y="28" font-size="16" font-weight="600">${escapeXml(report.title)}: CPU time per request, microseconds (less is better)</text>
<text x="16" y="50" fill="#64748b">${escapeXml(about)}; the line is the range over the rounds</text>
${grid.join('\n')}
${results.map((result, index) => rowOf(result, index, scale)).join('\n')}
</svg>
`;
}
