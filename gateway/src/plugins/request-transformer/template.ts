/** Templates of request-transformer: text with `$(Lua expression)` in it, as Penlight's pl.template renders them in Kong. */
import { ConfigError } from '../lib/config-error.js';
import { compileExpression, type Environment, type Expression } from './lua/parser.js';
import { bounded, LuaError, LuaSyntaxError, LuaUnsupported, toText, truthy } from './lua/values.js';

export interface Template {
  /** The text when there is nothing to evaluate. */
  readonly constant: string | null;
  /** The global names that the expressions read. */
  readonly globals: ReadonlySet<string>;
  /** @throws LuaError when an expression fails, or when the template is no Lua: Kong too finds out with the first request */
  render(env: Environment): string;
}

type Piece = string | Expression;

/** The end of the parenthesis that opens at `at`, or -1. Quotes don't count, as in Lua's `%b()`. */
function closing(text: string, at: number): number {
  let level = 0;
  for (let i = at; i < text.length; i++) {
    if (text[i] === '(') level++;
    else if (text[i] === ')' && --level === 0) return i;
  }
  return -1;
}

function split(source: string): Piece[] {
  const pieces: Piece[] = [];
  let start = 0;
  let at = source.indexOf('$(');
  while (at >= 0) {
    const end = closing(source, at + 1);
    // What is never closed is plain text.
    if (end < 0) break;
    if (at > start) pieces.push(source.slice(start, at));
    pieces.push(compileExpression(source.slice(at + 2, end)));
    start = end + 1;
    at = source.indexOf('$(', start);
  }
  if (start < source.length) pieces.push(source.slice(start));
  return pieces;
}

function renderPiece(piece: Piece, env: Environment): string {
  if (typeof piece === 'string') return piece;
  const value = piece.evaluate(env);
  return truthy(value) ? toText(value) : '';
}

const NO_GLOBALS: ReadonlySet<string> = new Set();

function broken(message: string): Template {
  return {
    constant: null,
    globals: NO_GLOBALS,
    render() {
      throw new LuaError(`failed to render the template: ${message}`);
    },
  };
}

/**
 * Compiles a template.
 * @param source bytes
 * @param field where it stands, for the error
 * @param whenBroken what Kong does with Lua that has a syntax error: refuse the configuration, or fail each request
 * @throws ConfigError for what can't be evaluated here
 */
export function compileTemplate(source: string, field: string, whenBroken: 'refuse' | 'fail'): Template {
  try {
    const pieces = split(source);
    if (pieces.every((piece) => typeof piece === 'string')) return { constant: source, globals: NO_GLOBALS, render: () => source };
    const globals = new Set(pieces.flatMap((piece) => (typeof piece === 'string' ? [] : [...piece.globals])));
    return { constant: null, globals, render: (env) => bounded(pieces.map((piece) => renderPiece(piece, env)).join('')) };
  } catch (error) {
    if (error instanceof LuaSyntaxError && whenBroken === 'fail') return broken(error.message);
    if (error instanceof LuaSyntaxError)
      throw new ConfigError(field, `value '${source}' is not in supported format, error: ${error.message}`);
    if (error instanceof LuaUnsupported) throw new ConfigError(field, `${error.message} can't be evaluated without Lua`);
    throw error;
  }
}
