/** A configuration that passed Kong's schema and still can't be done here. */
export class ConfigError extends Error {
  readonly code = 'PLUGIN_CONFIG_UNSUPPORTED';
  /** `field`: the path from the plugin's entry on, such as `config.add.headers[0]`. */
  constructor(
    readonly field: string,
    message: string,
  ) {
    super(`${field}: ${message}`);
  }
}
