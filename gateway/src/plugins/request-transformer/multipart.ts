/** multipart/form-data bodies (RFC 7578), read and written as Kong's lua-multipart does. All strings are bytes. */
import type { Environment } from './lua/parser.js';
import type { Rule, RuleSet } from './rules.js';

interface Part {
  readonly name: string | null;
  readonly headers: string;
  readonly value: string;
}

const BOUNDARY = /boundary=(?:"([^"]{1,200})"|([^\s;]{1,200}))/;
const NAME = /^content-disposition:.*?[;\s]name=(?:"([^"]*)"|([^;\s]*))/im;
const PARTS_MAX = 1000;

function readPart(text: string): Part {
  const blank = text.indexOf('\r\n\r\n');
  const headers = blank < 0 ? text : text.slice(0, blank);
  const match = NAME.exec(headers);
  return { name: match?.[1] ?? match?.[2] ?? null, headers, value: blank < 0 ? '' : text.slice(blank + 4) };
}

function parse(body: string, boundary: string): Part[] {
  const pieces = `\r\n${body}`.split(`\r\n--${boundary}`, PARTS_MAX + 2).slice(1);
  return pieces.filter((piece) => piece.startsWith('\r\n')).map((piece) => readPart(piece.slice(2)));
}

function write(parts: readonly Part[], boundary: string): string {
  return `${parts.map((part) => `--${boundary}\r\n${part.headers}\r\n\r\n${part.value}\r\n`).join('')}--${boundary}--\r\n`;
}

const UNSAFE_IN_NAME = /["\r\n]/g;
const escapes: Readonly<Record<string, string>> = { '"': '%22', '\r': '%0D', '\n': '%0A' };

function simple(name: string, value: string): Part {
  const quoted = name.replace(UNSAFE_IN_NAME, (char) => escapes[char]!);
  return { name, headers: `Content-Disposition: form-data; name="${quoted}"`, value };
}

class Form {
  constructor(private parts: Part[]) {}

  get list(): readonly Part[] {
    return this.parts;
  }

  get(name: string): Part | undefined {
    return this.parts.find((part) => part.name === name);
  }

  delete(name: string): void {
    this.parts = this.parts.filter((part) => part.name !== name);
  }

  set(name: string, value: string): void {
    const at = this.parts.findIndex((part) => part.name === name);
    if (at < 0) this.parts.push(simple(name, value));
    else this.parts[at] = simple(name, value);
  }
}

function change(form: Form, rules: RuleSet, render: (rule: Rule) => string): boolean {
  let changed = rules.remove.length > 0;
  for (const rule of rules.rename) {
    const target = render(rule);
    const part = form.get(rule.name);
    if (!part || target === rule.name) continue;
    form.set(target, part.value);
    form.delete(rule.name);
    changed = true;
  }
  for (const { name } of rules.remove) form.delete(name);
  for (const rule of rules.replace) {
    const value = render(rule);
    if (!form.get(rule.name)) continue;
    form.delete(rule.name);
    form.set(rule.name, value);
    changed = true;
  }
  return changed;
}

/** The body to send instead, or null to leave it. `append` does nothing here, as in Kong. @throws LuaError */
export function transformMultipartBody(body: string, contentType: string, rules: RuleSet, env: Environment): string | null {
  const match = BOUNDARY.exec(contentType);
  const boundary = match?.[1] ?? match?.[2];
  if (boundary === undefined) return null;
  const render = (rule: Rule): string => rule.value?.render(env) ?? '';
  const form = new Form(parse(body, boundary));
  if (form.list.length > PARTS_MAX) return null;
  let changed = body.length > 0 && change(form, rules, render);
  for (const rule of rules.add) {
    const value = render(rule);
    if (form.get(rule.name)) continue;
    form.set(rule.name, value);
    changed = true;
  }
  return changed ? write(form.list, boundary) : null;
}
