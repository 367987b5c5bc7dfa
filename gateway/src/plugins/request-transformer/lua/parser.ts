/** Lua 5.1 expressions (reference manual §2.5) as functions of their environment. Nothing is ever handed to a JavaScript evaluator. */
import { type Token, tokenize } from './lexer.js';
import { binaryOperators, UNARY_POWER, unaryOperators } from './operators.js';
import { stringLibrary } from './strings.js';
import { LuaError, LuaSyntaxError, LuaTable, LuaUnsupported, truthy, typeName, type Value } from './values.js';

/** The global names that an expression sees. */
export interface Environment {
  get(name: string): Value;
}

type Evaluate = (env: Environment) => Value;

interface Node {
  readonly one: Evaluate;
  /** All results, of what can have several: a call that is not in parentheses. */
  readonly many?: (env: Environment) => readonly Value[];
}

const DEPTH_MAX = 200;

function index(target: Value, key: Value): Value {
  if (target instanceof LuaTable) return target.get(key);
  if (typeof target === 'string') return stringLibrary.get(key);
  throw new LuaError(`attempt to index a ${typeName(target)} value`);
}

function invoke(callee: Value, args: readonly Value[]): readonly Value[] {
  if (typeof callee !== 'function') throw new LuaError(`attempt to call a ${typeName(callee)} value`);
  return callee(args);
}

function callNode(many: (env: Environment) => readonly Value[]): Node {
  return { one: (env) => many(env)[0], many };
}

/** The values of a list; its last element gives all it has. */
function evaluateList(nodes: readonly Node[], env: Environment): Value[] {
  const values: Value[] = [];
  nodes.forEach((node, i) => {
    if (node.many && i === nodes.length - 1) values.push(...node.many(env));
    else values.push(node.one(env));
  });
  return values;
}

class Parser {
  private at = 0;
  private depth = 0;
  readonly globals = new Set<string>();

  constructor(private readonly tokens: readonly Token[]) {}

  whole(): Evaluate {
    const node = this.expression(0);
    if (this.token.kind !== 'end') throw this.unexpected();
    return node.one;
  }

  private get token(): Token {
    return this.tokens[this.at]!;
  }

  private unexpected(): LuaSyntaxError {
    return new LuaSyntaxError(`unexpected symbol near '${this.token.text}'`);
  }

  private is(text: string): boolean {
    const { kind } = this.token;
    return this.token.text === text && (kind === 'operator' || kind === 'keyword');
  }

  private accept(text: string): boolean {
    if (!this.is(text)) return false;
    this.at++;
    return true;
  }

  private expect(text: string): void {
    if (!this.accept(text)) throw new LuaSyntaxError(`'${text}' expected near '${this.token.text}'`);
  }

  private name(): string {
    const { kind, text } = this.token;
    if (kind !== 'name') throw new LuaSyntaxError(`<name> expected near '${text}'`);
    this.at++;
    return text;
  }

  private expression(power: number): Node {
    if (++this.depth > DEPTH_MAX) throw new LuaSyntaxError('chunk has too many syntax levels');
    let node = this.unary();
    for (;;) {
      const { kind, text } = this.token;
      const operator = kind === 'operator' || kind === 'keyword' ? binaryOperators.get(text) : undefined;
      if (!operator || operator.left <= power) break;
      this.at++;
      node = { one: combine(text, operator.apply, node.one, this.expression(operator.right).one) };
    }
    this.depth--;
    return node;
  }

  private unary(): Node {
    const { kind, text } = this.token;
    const operator = kind === 'operator' || kind === 'keyword' ? unaryOperators.get(text) : undefined;
    if (!operator) return this.simple();
    this.at++;
    const operand = this.expression(UNARY_POWER).one;
    return { one: (env) => operator(operand(env)) };
  }

  private simple(): Node {
    const { token } = this;
    if (token.kind === 'string' || token.kind === 'number') {
      this.at++;
      const value = token.kind === 'number' ? token.value : token.text;
      return { one: () => value };
    }
    if (this.accept('nil')) return { one: () => undefined };
    if (this.accept('true')) return { one: () => true };
    if (this.accept('false')) return { one: () => false };
    if (this.is('{')) return this.table();
    if (this.is('function')) throw new LuaUnsupported('a function in a template');
    return this.suffixed();
  }

  private primary(): Node {
    if (this.accept('(')) {
      const { one } = this.expression(0);
      this.expect(')');
      return { one };
    }
    if (this.token.kind !== 'name') throw this.unexpected();
    const name = this.name();
    this.globals.add(name);
    return { one: (env) => env.get(name) };
  }

  private suffixed(): Node {
    let node = this.primary();
    for (;;) {
      const next = this.suffix(node.one);
      if (!next) return node;
      node = next;
    }
  }

  private suffix(target: Evaluate): Node | null {
    if (this.accept('.')) {
      const key = this.name();
      return { one: (env) => index(target(env), key) };
    }
    if (this.accept('[')) {
      const key = this.expression(0).one;
      this.expect(']');
      return { one: (env) => index(target(env), key(env)) };
    }
    if (this.accept(':')) return this.method(target, this.name());
    const args = this.callArguments();
    return args && callNode((env) => invoke(target(env), evaluateList(args, env)));
  }

  private method(target: Evaluate, name: string): Node {
    const args = this.callArguments();
    if (!args) throw new LuaSyntaxError(`function arguments expected near '${this.token.text}'`);
    return callNode((env) => {
      const self = target(env);
      return invoke(index(self, name), [self, ...evaluateList(args, env)]);
    });
  }

  /** `(…)`, a string or a table constructor; null when none follows. */
  private callArguments(): Node[] | null {
    if (this.token.kind === 'string' || this.is('{')) return [this.simple()];
    if (!this.accept('(')) return null;
    if (this.accept(')')) return [];
    const args = [this.expression(0)];
    while (this.accept(',')) args.push(this.expression(0));
    this.expect(')');
    return args;
  }

  private table(): Node {
    this.expect('{');
    const keyed: { key: Evaluate; value: Evaluate }[] = [];
    const listed: Node[] = [];
    while (!this.is('}')) {
      this.field(keyed, listed);
      if (!this.accept(',') && !this.accept(';')) break;
    }
    this.expect('}');
    return {
      one: (env) => {
        const table = new LuaTable();
        for (const { key, value } of keyed) table.set(key(env), value(env));
        // Lua writes the listed values last.
        evaluateList(listed, env).forEach((value, i) => {
          table.set(i + 1, value);
        });
        return table;
      },
    };
  }

  private field(keyed: { key: Evaluate; value: Evaluate }[], listed: Node[]): void {
    if (this.accept('[')) {
      const key = this.expression(0).one;
      this.expect(']');
      this.expect('=');
      keyed.push({ key, value: this.expression(0).one });
      return;
    }
    const { kind, text } = this.token;
    const following = this.tokens[this.at + 1];
    if (kind === 'name' && following?.kind === 'operator' && following.text === '=') {
      this.at += 2;
      keyed.push({ key: () => text, value: this.expression(0).one });
      return;
    }
    listed.push(this.expression(0));
  }
}

function combine(text: string, apply: ((a: Value, b: Value) => Value) | null, a: Evaluate, b: Evaluate): Evaluate {
  if (apply) return (env) => apply(a(env), b(env));
  const stopsAt = text === 'or';
  return (env) => {
    const left = a(env);
    return truthy(left) === stopsAt ? left : b(env);
  };
}

export interface Expression {
  evaluate(env: Environment): Value;
  /** The global names that it reads. */
  readonly globals: ReadonlySet<string>;
}

/** Compiles one expression. @throws LuaSyntaxError for what is no Lua, LuaUnsupported for function bodies */
export function compileExpression(source: string): Expression {
  const parser = new Parser(tokenize(source));
  const evaluate = parser.whole();
  return { evaluate, globals: parser.globals };
}
