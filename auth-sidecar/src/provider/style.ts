import { createHash } from 'node:crypto';

/** The look of the provider's and the demo's pages: one sheet, light and dark, no fonts or pictures from elsewhere. */
export const style = `
:root { color-scheme: light dark; --ground: #f3f5f8; --card: #fff; --text: #1c2430; --quiet: #5a6675; --line: #ccd4de; --accent: #1d5fbf; --on-accent: #fff; --bad: #b3261e; --good: #1a7f42; }
@media (prefers-color-scheme: dark) { :root { --ground: #10151c; --card: #19212b; --text: #e8edf3; --quiet: #a3b0bf; --line: #364352; --accent: #7db3ff; --on-accent: #0b1420; --bad: #ff9a91; --good: #6fd897; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: start center; padding: 8vh 1rem 2rem; background: var(--ground); color: var(--text); font: 1rem/1.5 system-ui, 'Liberation Sans', sans-serif; }
main { width: 100%; max-width: 26rem; background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 2rem; box-shadow: 0 1px 3px rgb(0 0 0 / .08), 0 8px 24px rgb(0 0 0 / .06); }
main.wide { max-width: 44rem; }
h1 { margin: 0; font-size: 1.4rem; line-height: 1.3; }
h2 { margin: 1.75rem 0 .5rem; font-size: 1rem; }
p { margin: .5rem 0; }
.quiet { color: var(--quiet); font-size: .9rem; }
label { display: block; margin: 1.1rem 0 .3rem; font-weight: 600; font-size: .9rem; }
input { width: 100%; padding: .65rem .75rem; font: inherit; color: inherit; background: transparent; border: 1px solid var(--line); border-radius: .45rem; }
button { padding: .65rem 1.1rem; font: inherit; font-weight: 600; color: var(--on-accent); background: var(--accent); border: 1px solid var(--accent); border-radius: .45rem; cursor: pointer; }
button:hover { filter: brightness(1.08); }
button.plain { color: var(--accent); background: transparent; }
button:disabled { opacity: .45; cursor: default; }
form button { width: 100%; margin-top: 1.4rem; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.fault { margin: 1rem 0 0; padding: .6rem .8rem; border: 1px solid var(--bad); border-left-width: .3rem; border-radius: .45rem; color: var(--bad); }
.good { color: var(--good); }
.row { display: flex; flex-wrap: wrap; gap: .6rem; margin-top: 1.4rem; }
details { margin-top: 1.5rem; border-top: 1px solid var(--line); padding-top: 1rem; }
summary { cursor: pointer; font-size: .9rem; }
table { width: 100%; border-collapse: collapse; font-size: .9rem; }
th, td { padding: .3rem .5rem .3rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); font-weight: 400; }
th { color: var(--quiet); white-space: nowrap; }
code, pre { font: .85rem/1.5 ui-monospace, 'Liberation Mono', monospace; }
pre { margin: 0; padding: .9rem 1rem; max-height: 20rem; overflow: auto; white-space: pre-wrap; overflow-wrap: anywhere; background: var(--ground); border: 1px solid var(--line); border-radius: .45rem; }
`;

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Text for HTML, in elements and in quoted attributes. */
export const escapeHtml = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** A page and the policy that lets nothing but what it holds take effect. */
export interface Page {
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * A whole HTML page.
 * @param body trusted HTML
 * @param more `script`: trusted JavaScript; `connects`: whether it calls its own origin; `wide`: for more than a form
 */
export function page(title: string, body: string, more: { script?: string; connects?: boolean; wide?: boolean } = {}): Page {
  const { script, connects, wide } = more;
  // No form-action: Chromium holds it against every redirect that follows a form, and a log-in ends at the application's own address.
  const policy = [
    "default-src 'none'",
    `style-src ${hashOf(style)}`,
    'img-src data:',
    ...(script === undefined ? [] : [`script-src ${hashOf(script)}`]),
    ...(connects ? ["connect-src 'self'"] : []),
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ];
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<main${wide ? ' class="wide"' : ''}>
${body}
</main>${script === undefined ? '' : `\n<script>${script}</script>`}
</body>
</html>
`;
  const headers = {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': policy.join('; '),
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
  };
  return { html, headers };
}
