/** Draws a tree of calls as an SVG flame graph: width is time, each row is called by the one below. */
import { escapeXml, openSvg } from '../report/plot.js';
import type { Call } from './cpu-profile.js';

const width = 1600;
const rowHeight = 17;
const top = 40;
/** Narrower ones are left out. */
const leastWidth = 0.8;
const letterWidth = 6.3;
const palette = ['#7dd3fc', '#fdba74', '#86efac', '#fca5a5', '#d8b4fe', '#fde047', '#a5b4fc', '#f9a8d4'];

interface Box {
  readonly call: Call;
  readonly x: number;
  readonly depth: number;
}

function layOut(tree: Call, scale: number): Box[] {
  const boxes: Box[] = [];
  const visit = (call: Call, x: number, depth: number): void => {
    if (call.total * scale < leastWidth) return;
    boxes.push({ call, x, depth });
    let next = x;
    for (const each of call.calls) {
      visit(each, next, depth + 1);
      next += each.total * scale;
    }
  };
  visit(tree, 0, 0);
  return boxes;
}

function draw(box: Box, scale: number, height: number, colour: string, perRequest: (micros: number) => string): string {
  const { call } = box;
  const boxWidth = call.total * scale;
  const y = height - (box.depth + 1) * rowHeight;
  const letters = Math.floor((boxWidth - 4) / letterWidth);
  const text = letters >= 3 ? `<text x="${(box.x + 3).toFixed(1)}" y="${y + 12}">${escapeXml(call.name.slice(0, letters))}</text>` : '';
  const title = `${call.name} ${call.place}\n${perRequest(call.total)} with what it calls, ${perRequest(call.self)} itself`;
  const shown = Math.max(0.3, boxWidth - 0.4).toFixed(1);
  const rect = `<rect x="${box.x.toFixed(1)}" y="${y}" width="${shown}" height="${rowHeight - 1}" fill="${colour}"/>`;
  return `<g><title>${escapeXml(title)}</title>${rect}${text}</g>`;
}

/** An SVG document; `title` stands above. Hovering over a box tells its function, place and `unit` per request. */
export function flameGraph(tree: Call, title: string, requests: number, unit: 'µs' | 'bytes' = 'µs'): string {
  const scale = width / tree.total;
  const boxes = layOut(tree, scale);
  const height = top + 10 + (Math.max(...boxes.map((box) => box.depth)) + 1) * rowHeight;
  const colours = new Map<string, string>();
  const colourOf = (group: string): string => {
    if (group === 'V8 and native') return '#cbd5e1';
    const known = colours.get(group) ?? palette[colours.size % palette.length]!;
    colours.set(group, known);
    return known;
  };
  const perRequest = (micros: number): string =>
    `${(micros / requests).toFixed(2)} ${unit} per request (${((100 * micros) / tree.total).toFixed(1)} %)`;
  const drawn = boxes.map((box) => draw(box, scale, height, colourOf(box.call.group), perRequest));
  const legend = [...colours].map(([group, colour], index) => {
    const x = width - 150 * (colours.size - index);
    return `<rect x="${x}" y="10" width="12" height="12" fill="${colour}"/><text x="${x + 17}" y="20">${escapeXml(group)}</text>`;
  });
  return `${openSvg(width, height, 'font-family="ui-monospace, monospace" font-size="10.5"')}
<text x="8" y="20" font-size="14">${escapeXml(title)}</text>
${legend.join('\n')}
${drawn.join('\n')}
</svg>
`;
}
