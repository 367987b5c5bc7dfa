import { AddressError, parseAddresses } from './address.js';
import type { Environment, Found } from './environment.js';
import { hasCredentials, isSecretName } from './secrets.js';

/** A text after its expressions were replaced. */
export interface Resolved {
  /** When something could not be resolved: null, or for an address one that raises no further faults. */
  value: unknown;
  /** The variables that it was made of. */
  variables: Found[];
  /** What could not be resolved. */
  problems: { message: string; hint?: string }[];
}

const expression = /\$\{\{(.*?)\}\}/gs;
const call = /^\s*env\s+"([A-Za-z0-9_]+)"\s*(?:\|\s*(toInt|toBool|toFloat)\s*)?$/;
const unresolvedUrl = 'http://unresolved.invalid';
/** Longest value that is taken from a variable, in characters. */
const valueLengthMax = 4096;

/** True when a text holds an expression of decK: `${{ env "DECK_NAME" }}`. */
export function hasExpression(text: string): boolean {
  return text.includes('${{');
}

/** True when a text is one expression and nothing else, so that a comma-separated value stands for several items. */
export function isLoneExpression(text: string): boolean {
  return /^\$\{\{[^}]*\}\}$/.test(text.trim());
}

/**
 * Replaces the expressions of a scalar as decK does: as text, before YAML gives it a type; so a plain scalar may become a number, a
 * boolean or null, a quoted one stays a string. Unlike decK, a value can't change the structure around it.
 * Source: decK, "Environment variables" (the functions env, toInt, toBool, toFloat).
 */
export function resolveText(text: string, plain: boolean, environment: Environment): Resolved {
  const resolved: Resolved = { value: null, variables: [], problems: [] };
  let rest = text;
  const replaced = text.replace(expression, (whole, inner: string) => {
    rest = rest.replace(whole, '');
    return resolveCall(inner, environment, resolved) ?? '';
  });
  if (hasExpression(rest)) resolved.problems.push({ message: 'an expression is not closed by "}}"' });
  if (resolved.problems.length === 0) resolved.value = plain ? typed(replaced) : replaced;
  else if (/_URL"/.test(text)) resolved.value = unresolvedUrl;
  return resolved;
}

function resolveCall(inner: string, environment: Environment, into: Resolved): string | undefined {
  const [, name, type] = call.exec(inner) ?? [];
  if (name === undefined) {
    into.problems.push({
      message: `"\${{${inner}}}" is not understood`,
      hint: 'write env "DECK_NAME" between the braces, with toInt, toBool or toFloat at most',
    });
    return undefined;
  }
  const found = findVariable(name, environment, into);
  if (found === undefined) return undefined;
  into.variables.push(found);
  const problem = valueProblem(found, name, type);
  if (problem === undefined) return found.value;
  into.problems.push({ message: `${found.name} ${problem}` });
  return undefined;
}

function findVariable(name: string, environment: Environment, into: Resolved): Found | undefined {
  if (!name.startsWith('DECK_')) {
    into.problems.push({ message: `the variable ${name} must begin with DECK_`, hint: 'decK reads no others' });
    return undefined;
  }
  if (isSecretName(name)) {
    into.problems.push({ message: `${name} is a secret, and no secret is ever in a rendered file`, hint: `name it: env:${name.slice(5)}` });
    return undefined;
  }
  try {
    const found = environment.find(name);
    if (found === undefined) into.problems.push(unset(name, environment));
    return found;
  } catch (error) {
    if (!(error instanceof AddressError)) throw error;
    into.problems.push({ message: `${name} ${error.message}` });
    return undefined;
  }
}

function unset(name: string, environment: Environment): { message: string; hint: string } {
  const hint = environment.knows(name)
    ? `set ${name.slice(5)}: .env.example says what it means`
    : `.env.example does not list ${name.slice(5)}: add it there`;
  return { message: `${name} is not set and has no default`, hint };
}

function valueProblem({ value }: Found, asked: string, type: string | undefined): string | undefined {
  if (value.length > valueLengthMax) return `is longer than ${valueLengthMax} characters`;
  if (/[\u0000-\u001f\u007f]/.test(value)) return 'holds control characters';
  if (hasCredentials(value)) return 'holds an address with a user or password, and no secret is ever in a rendered file';
  if (asked.endsWith('_URL')) return addressProblem(value);
  if (type === 'toInt' && !/^[+-]?\d+$/.test(value)) return `is "${value}", not a whole number`;
  if (type === 'toFloat' && (value.trim() === '' || Number.isNaN(Number(value)))) return `is "${value}", not a number`;
  if (type === 'toBool' && value !== 'true' && value !== 'false') return `is "${value}", not true or false`;
  return undefined;
}

function addressProblem(value: string): string | undefined {
  try {
    return parseAddresses(value).length > 1 ? 'holds several addresses, but this service has no upstream to share them' : undefined;
  } catch (error) {
    if (error instanceof AddressError) return error.message;
    throw error;
  }
}

/** The YAML 1.2 core schema's reading of a plain scalar, as far as configuration uses it. */
function typed(text: string): unknown {
  if (text === '' || text === 'null' || text === '~') return null;
  if (text === 'true' || text === 'false') return text === 'true';
  return /^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}
