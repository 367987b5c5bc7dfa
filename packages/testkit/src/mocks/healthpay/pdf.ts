const LINES_PER_PAGE = 48;
const MAX_PAGES = 50;

const escaped = (text: string): string => text.replaceAll(/[^\x20-\x7e]/g, '?').replaceAll(/[\\()]/g, '\\$&');

/** The drawing commands of one page: a title and lines from the top (ISO 32000-1 section 9.4). */
function content(title: string, lines: readonly string[]): string {
  const shows = lines.map((line) => `(${escaped(line)}) Tj T*`).join('\n');
  return `BT /F1 14 Tf 40 800 Td (${escaped(title)}) Tj /F1 8 Tf 0 -24 Td 15 TL\n${shows}\nET`;
}

/**
 * A small valid PDF 1.4 of plain lines in Helvetica on A4 pages.
 * @param lines at most 2400 of them are shown; what is not ASCII becomes `?`.
 */
export function pdf(title: string, lines: readonly string[]): Buffer {
  const pages: string[] = [];
  for (let at = 0; at === 0 || (at < lines.length && pages.length < MAX_PAGES); at += LINES_PER_PAGE) {
    pages.push(content(title, lines.slice(at, at + LINES_PER_PAGE)));
  }
  const kids = pages.map((_, i) => `${4 + 2 * i} 0 R`).join(' ');
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Kids [${kids}] /Count ${pages.length} >>`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
    ...pages.flatMap((stream, i) => [
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> /Contents ${5 + 2 * i} 0 R >>`,
      `<< /Length ${stream.length} >>\nstream\n${stream}\nendstream`,
    ]),
  ];
  return assemble(objects);
}

/** Header, numbered objects, cross-reference table, trailer (ISO 32000-1 section 7.5). */
function assemble(objects: readonly string[]): Buffer {
  let text = '%PDF-1.4\n';
  const offsets = objects.map((object, i) => {
    const offset = text.length;
    text += `${i + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const rows = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const table = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${rows}`;
  return Buffer.from(`${text}${table}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${text.length}\n%%EOF\n`, 'latin1');
}
