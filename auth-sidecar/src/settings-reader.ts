/** Reads variables one by one and remembers everything that is wrong with them. */

export type Variables = Readonly<Record<string, string | undefined>>;

/** Environment variables have values that can't be used: one line for each, with its name and what to write instead. */
export class SettingsError extends Error {
  readonly code = 'SETTINGS_INVALID';
  constructor(readonly faults: readonly string[]) {
    super(faults.join('\n'));
    this.name = 'SettingsError';
  }
}

/** A whole number's bounds, both included. */
export interface Bounds {
  readonly from: number;
  readonly to: number;
}

const PROTOCOLS: readonly string[] = ['http:', 'https:'];

/** Reads variables one by one and keeps the faults of all, each with what to write instead. */
export class SettingsReader {
  readonly faults: string[] = [];

  constructor(private readonly variables: Variables) {}

  /** The first of these names that has a value (an empty one counts as none), else `standard`. */
  text(names: readonly string[], standard: string): string {
    return this.found(names)?.value ?? standard;
  }

  number(name: string, standard: number, { from, to }: Bounds): number {
    const text = this.variables[name];
    if (text === undefined || text === '') return standard;
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= from && value <= to) return value;
    this.fault(name, text, `write a whole number from ${from} to ${to}`);
    return standard;
  }

  choice<T extends string>(names: readonly string[], standard: T, known: readonly T[]): T {
    const found = this.found(names);
    if (!found) return standard;
    const value = known.find((one) => one === found.value);
    if (value === undefined) this.fault(found.name, found.value, `write ${known.join(', ')}`);
    return value ?? standard;
  }

  /** An absolute http or https address without fragment, as it was written. */
  webAddress(names: readonly string[], standard: string, example: string): string {
    const found = this.found(names);
    if (!found) return standard;
    const url = URL.parse(found.value);
    const good = url !== null && PROTOCOLS.includes(url.protocol) && !found.value.includes('#') && url.username === '';
    if (!good) this.fault(found.name, found.value, `write an address such as ${example}`);
    return good ? found.value : standard;
  }

  /** Comma-separated parts, without the blanks around them. */
  list(names: readonly string[]): { readonly name: string; readonly values: readonly string[] } | null {
    const found = this.found(names);
    if (!found) return null;
    const values = found.value.split(',').map((part) => part.trim());
    return { name: found.name, values: values.filter((part) => part !== '') };
  }

  /** Notes what is wrong with a value that may be shown. */
  fault(name: string, value: string, hint: string): void {
    this.faults.push(`${name}: "${value.slice(0, 200)}" can't be used: ${hint}`);
  }

  /** Notes what is wrong with a value that may not be shown, or is not there. */
  missing(name: string, hint: string): void {
    this.faults.push(`${name}: ${hint}`);
  }

  private found(names: readonly string[]): { name: string; value: string } | null {
    for (const name of names) {
      const value = this.variables[name];
      if (value !== undefined && value !== '') return { name, value };
    }
    return null;
  }
}
