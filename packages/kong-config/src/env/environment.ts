import { type AddressPart, addressPart } from './address.js';

/** Where a variable's value comes from. */
export interface EnvironmentOptions {
  /** What the operator set; an empty value counts as unset. */
  values: Readonly<Record<string, string | undefined>>;
  /** The documented defaults: `.env.example`. */
  defaults: Readonly<Record<string, string | undefined>>;
  /** Names of all systems: their upper-case form is the prefix of their variables. */
  systems: readonly string[];
  /** The one system that is served, when only one is: then bare names count for it. */
  alone?: string | undefined;
}

/** A variable that was found. */
export interface Found {
  value: string;
  /** The name under which it was found. */
  name: string;
  /** The operator set it to something else than the default. */
  explicit: boolean;
}

const derived = /^(.+)_(TARGETS|PROTOCOL|PATH|URLS)$/;

/**
 * Looks up what state files name as `DECK_NAME`: the operator's `DECK_NAME`, else `NAME`, else the name without its system
 * (where only one system is served, or only one has a variable of that name), else the default. The prefixed name wins.
 */
export class Environment {
  private readonly bareNames: ReadonlyMap<string, string>;

  constructor(private readonly options: EnvironmentOptions) {
    this.bareNames = bareNames(options);
  }

  /** Finds a variable by its name in state files (`DECK_GONGBU_AUTH_SERVICE_URL`), or undefined when nothing sets it. */
  find(deckName: string): Found | undefined {
    const name = deckName.replace(/^DECK_/, '');
    const { values, defaults } = this.options;
    const bare = this.bareNames.get(name);
    const candidates = bare === undefined ? [deckName, name] : [deckName, name, bare];
    for (const candidate of candidates) {
      const value = values[candidate];
      if (value) return { value, name: candidate, explicit: value !== defaults[name] };
    }
    const fallback = defaults[name];
    return fallback ? { value: fallback, name, explicit: false } : this.findPart(deckName);
  }

  /** The name under which the operator set a variable: the prefixed one, else the bare one; the prefixed one where neither is set. */
  nameOf(name: string): string {
    const { values } = this.options;
    const bare = this.bareNames.get(name);
    return bare !== undefined && !values[name] && values[bare] ? bare : name;
  }

  /** True when the documented list has the variable, or the address it derives from. */
  knows(deckName: string): boolean {
    const name = deckName.replace(/^DECK_/, '');
    const base = derived.exec(name)?.[1];
    return name in this.options.defaults || (base !== undefined && `${base}_URL` in this.options.defaults);
  }

  /** `…_TARGETS`, `…_PROTOCOL`, `…_PATH` and `…_URLS` come from `…_URL`. @throws AddressError when that can't be taken apart. */
  private findPart(deckName: string): Found | undefined {
    const [, base, part] = derived.exec(deckName) ?? [];
    if (base === undefined) return undefined;
    const url = this.find(`${base}_URL`);
    return url && { ...url, value: addressPart(url.value, part as AddressPart) };
  }
}

/** Prefixed name → bare name, for the names whose bare form means exactly one system's variable. */
function bareNames({ defaults, systems, alone }: EnvironmentOptions): Map<string, string> {
  const owners = new Map<string, string[]>();
  for (const name of Object.keys(defaults)) {
    const system = systems.find((s) => name.startsWith(`${s.toUpperCase()}_`));
    if (system === undefined) continue;
    const bare = name.slice(system.length + 1);
    owners.set(bare, [...(owners.get(bare) ?? []), system]);
  }
  const names = new Map<string, string>();
  for (const [bare, of] of owners) {
    const owner = of.find((system) => system === alone) ?? (of.length === 1 ? of[0] : undefined);
    if (owner !== undefined) names.set(`${owner.toUpperCase()}_${bare}`, bare);
  }
  return names;
}
