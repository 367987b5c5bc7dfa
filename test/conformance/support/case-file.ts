/** The recordings: what a case file holds, and which cases there are. */
import fs from 'node:fs';
import path from 'node:path';

export type HeaderLines = readonly (readonly [name: string, value: string])[];

/** Headers as a case writes them: a list of lines, or a map whose values may be lists. */
export type Headers = HeaderLines | Readonly<Record<string, string | number | readonly string[]>>;

/** A request as a case writes it; text is latin1, one character a byte, with macros. */
export interface StructuredRequest {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Headers;
  readonly body?: string;
  readonly version?: string;
}

/** How the upstreams answer one request. Times in milliseconds. */
export interface Answer {
  readonly status?: number;
  readonly headers?: Headers;
  readonly body?: string;
  readonly delay?: number;
  readonly close?: boolean;
  readonly upgrade?: boolean;
  /** Bytes instead of a well-formed answer; a list is written in pieces, `gap` apart. */
  readonly raw?: string | readonly string[];
  readonly gap?: number;
  readonly end?: boolean;
  readonly byPort?: Readonly<Record<string, Answer>>;
}

/** Many requests, of which only totals are compared. */
export interface TallyRule {
  readonly kind: 'counts' | 'sticky' | 'spread';
  readonly tolerance?: number;
  readonly min?: number;
}

/** What was seen, or should be: JSON of {@link observe} or of {@link tallyOf}. */
export type Observation = Readonly<Record<string, unknown>>;

export interface RequestItem {
  readonly note?: string | number;
  readonly send: string | readonly string[] | StructuredRequest;
  readonly answer?: Answer;
  readonly pause?: number;
  readonly gap?: number;
  readonly timeout?: number;
  /** Requests of one name share a connection. */
  readonly conn?: string;
  readonly tunnel?: string;
  readonly halfClose?: boolean;
  readonly checkClose?: boolean;
  readonly checkStream?: boolean;
  /** Headers that are compared although they are volatile, and such that are not compared. */
  readonly keep?: readonly string[];
  readonly ignore?: readonly string[];
  readonly patterns?: Readonly<Record<string, string>>;
  readonly body?: 'any';
  readonly upstream?: 'any';
  readonly anyPort?: boolean;
  readonly sortQuery?: boolean;
  readonly repeat?: number;
  /** Milliseconds between the starts of repetitions that overlap. */
  readonly parallel?: number;
  readonly tally?: TallyRule;
  readonly expect: Observation;
}

export interface ConfigError {
  readonly entity: string;
  readonly name?: string;
  readonly field: string;
  readonly message: string;
}

export interface ConformanceCase {
  readonly why: string;
  readonly kind?: 'declarative';
  /** Seconds of the window that counters in this case use. */
  readonly window?: number;
  readonly config: string | readonly string[];
  readonly requests?: readonly RequestItem[];
  readonly expect?: { readonly accepted: boolean; readonly errors?: readonly ConfigError[] };
}

const root = path.resolve(import.meta.dirname, '..');
const casesRoot = path.join(root, 'cases');

/** All cases as `area/name`, sorted. */
export function caseNames(): string[] {
  return fs
    .readdirSync(casesRoot, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort();
}

export function readCase(name: string): ConformanceCase {
  return JSON.parse(fs.readFileSync(path.join(casesRoot, `${name}.json`), 'utf8')) as ConformanceCase;
}

/** A list of cases: one a line, a reason behind the name; `#` begins a comment. */
export function readList(file: string): Map<string, string> {
  const entries = fs
    .readFileSync(path.join(root, file), 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => /^(\S+)\s*(.*)$/.exec(line)!)
    .map((match) => [match[1]!, match[2]!] as const);
  return new Map(entries);
}
