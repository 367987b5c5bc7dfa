/** The admin interface of a Kong that runs our plugin servers. KONG_ADMIN names it. */
import { expect, test } from '@jest/globals';

test('tells its version and plugins, as decK asks first', async () => {
  const answer = await fetch(process.env['KONG_ADMIN'] ?? '');
  expect(answer.status).toBe(200);
  const { version, plugins } = (await answer.json()) as { version: string; plugins: { available_on_server: object } };
  expect(version).toMatch(/^3\.9\./);
  expect(Object.keys(plugins.available_on_server)).toEqual(expect.arrayContaining(['guard', 'gatehouse', 'gatehouse-direct', 'jwt-auth']));
});
