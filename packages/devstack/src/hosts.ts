import type { Variables } from './settings.js';

/** The first host by which a system is reached: `gongbu.localhost` unless the environment says otherwise. */
export function hostOf(variables: Variables, system: string): string {
  const listed = variables[`${system.toUpperCase()}_HOSTS`] || variables[`${system.toUpperCase()}_ALLOWED_HOSTS`];
  const first = listed?.split(',')[0]?.trim();
  return first === undefined || first === '' || first.includes('*') ? `${system}.localhost` : first;
}
