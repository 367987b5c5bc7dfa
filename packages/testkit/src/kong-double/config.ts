/** What a Kong double knows of a configuration: as much as our Lua, and Kong's side of the plugin-server protocol, look at. */

/** A plugin that Kong knows: with a socket it is a plugin server's, else a Lua plugin of ours. */
export interface DoublePlugin {
  readonly name: string;
  readonly socket?: string;
  /** Of the plugin server, as Kong's `pluginserver_names` has it. */
  readonly server?: string;
  /** Of an external plugin; a Lua plugin says its own. */
  readonly priority?: number;
}

/** A plugin that is configured. Without route and service it is global. */
export interface DoubleEntity {
  readonly name: string;
  readonly id: string;
  readonly route?: string;
  readonly service?: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** A route or a service. */
export interface DoubleNamed {
  readonly id: string;
  readonly name: string;
  readonly tags: readonly string[];
}

export interface DoubleConfig {
  readonly plugins: readonly DoublePlugin[];
  readonly entities: readonly DoubleEntity[];
  readonly routes: readonly DoubleNamed[];
  readonly services: readonly DoubleNamed[];
}
