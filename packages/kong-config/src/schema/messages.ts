/** The words in which Kong reports a fault, so that what is known about its messages stays true here. */
export const MESSAGES = {
  array: 'expected an array',
  set: 'expected a set',
  map: 'expected a map',
  record: 'expected a record',
  string: 'expected a string',
  number: 'expected a number',
  boolean: 'expected a boolean',
  integer: 'expected an integer',
  required: 'required field missing',
  unknown: 'unknown field',
  null: 'value must be null',
  requiredForCheck: 'field required for entity check',
  missingKey: 'missing primary key',
  uuid: 'expected a valid UUID',
  timestamp: 'expected a valid timestamp',
} as const;

/** `'a', 'b'` for a list of names; a list inside becomes `('a', 'b')`. */
export function quotedList(words: readonly (string | readonly string[])[]): string {
  return words.map((word) => (typeof word === 'string' ? `'${word}'` : `(${quotedList(word)})`)).join(', ');
}

/** A limit as Lua's `%.1f` prints it, which Kong uses in the messages about windows. */
export function oneDecimal(value: number): string {
  return value.toFixed(1);
}
