import type { RenderInput } from '@gatehouse/kong-config';

/** In which form a real Kong gets the policies: KONG_FORM is `fused` (default), `single` or `direct`. The embedded plane takes the sources. */
export function formOf(environment: Readonly<Record<string, string | undefined>>): Pick<RenderInput, 'transport' | 'fuse'> {
  if (!environment['KONG_URL']) return {};
  if (environment['KONG_FORM'] === 'direct') return { transport: 'direct' };
  return { transport: 'pdk', fuse: environment['KONG_FORM'] !== 'single' };
}
