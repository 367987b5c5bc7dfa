/**
 * Whether a text is one expression of Lua 5.1 (https://www.lua.org/manual/5.1/manual.html#8). Functions and tables are taken
 * on trust: nobody writes them in a template.
 */

const TOKEN =
  /\s+|(?<name>[A-Za-z_]\w*)|(?<value>0[xX][\da-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\[\[.*?\]\]|\.\.\.)|(?<op>==|~=|<=|>=|\.\.|[-+*/%^#<>=(){}[\];:,.])/sy;

const CONSTANTS = new Set(['nil', 'true', 'false']);
const UNARY = new Set(['not', '-', '#']);
const BINARY = new Set(['+', '-', '*', '/', '^', '%', '..', '<', '<=', '>', '>=', '==', '~=', 'and', 'or']);
const TRUSTED = new Set(['function', '{']);
const KEYWORDS = new Set('break do else elseif end for if in local repeat return then until while'.split(' '));

interface Token {
  kind: 'name' | 'value' | 'op';
  text: string;
}

function tokenise(text: string): Token[] | null {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const groups = TOKEN.exec(text)?.groups;
    if (groups === undefined) return null;
    const kind = (['name', 'value', 'op'] as const).find((name) => groups[name] !== undefined);
    if (kind !== undefined) tokens.push({ kind, text: groups[kind] as string });
  }
  return tokens;
}

/** The text is no expression. */
class ExpressionError extends Error {
  readonly code = 'LUA_EXPRESSION';
}

const MAX_DEPTH = 100;

class Parser {
  private at = 0;
  private depth = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  /** @throws {ExpressionError} */
  parse(): void {
    this.expression();
    if (this.at < this.tokens.length) this.fail();
  }

  private peek(): string {
    return this.tokens[this.at]?.text ?? '<eof>';
  }

  private eat(text: string): boolean {
    if (this.peek() !== text) return false;
    this.at += 1;
    return true;
  }

  private fail(): never {
    throw new ExpressionError(`unexpected symbol near '${this.peek()}'`);
  }

  private expect(text: string): void {
    if (!this.eat(text)) this.fail();
  }

  private expression(): void {
    this.depth += 1;
    if (this.depth > MAX_DEPTH) throw new ExpressionError('nested too deep');
    do {
      while (UNARY.has(this.peek())) this.at += 1;
      this.operand();
    } while (this.binary());
    this.depth -= 1;
  }

  private binary(): boolean {
    if (!BINARY.has(this.peek())) return false;
    this.at += 1;
    return true;
  }

  private operand(): void {
    const token = this.tokens[this.at];
    if (token === undefined) this.fail();
    if (token.kind === 'value' || CONSTANTS.has(token.text)) this.at += 1;
    else this.prefixed();
  }

  private prefixed(): void {
    if (this.eat('(')) {
      this.expression();
      this.expect(')');
    } else this.name();
    while (this.suffix());
  }

  private name(): void {
    const token = this.tokens[this.at];
    if (token?.kind !== 'name' || KEYWORDS.has(token.text) || BINARY.has(token.text)) this.fail();
    this.at += 1;
  }

  private suffix(): boolean {
    if (this.eat('.')) this.name();
    else if (this.eat('[')) {
      this.expression();
      this.expect(']');
    } else if (this.eat(':')) {
      this.name();
      if (!this.call()) this.fail();
    } else return this.call();
    return true;
  }

  private call(): boolean {
    const token = this.tokens[this.at];
    if (token?.kind === 'value' && /^["'[]/.test(token.text)) {
      this.at += 1;
      return true;
    }
    if (!this.eat('(')) return false;
    if (this.eat(')')) return true;
    do this.expression();
    while (this.eat(','));
    this.expect(')');
    return true;
  }
}

/** What is wrong with a text as an expression, or null. */
export function expressionFault(text: string): string | null {
  const tokens = tokenise(text);
  if (tokens === null) return 'malformed token';
  if (tokens.some((token) => TRUSTED.has(token.text))) return null;
  try {
    new Parser(tokens).parse();
    return null;
  } catch (error) {
    if (error instanceof ExpressionError) return error.message;
    throw error;
  }
}
