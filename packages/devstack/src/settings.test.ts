import { describe, expect, test } from '@jest/globals';
import { allPorts, partVariables, readSettings } from './settings.js';

describe('settings', () => {
  test('have defaults that do not clash', () => {
    const ports = allPorts(readSettings({})).map(({ port }) => port);
    expect(new Set(ports).size).toBe(ports.length);
    expect(ports).toEqual(expect.arrayContaining([8000, 8443, 8001, 8100, 4000, 9101, 9155]));
  });

  test('take ports from the environment and name the variable of a bad one', () => {
    const settings = readSettings({ PROXY_PORT: '9000', MOCK_LEARNING_AUTH_PORT: '7001, 7002' });
    expect(settings.proxy).toMatchObject({ port: 9000, variable: 'PROXY_PORT' });
    expect(settings.mocks['learning.auth']?.map(({ port }) => port)).toEqual([7001, 7002]);
    for (const bad of ['0', '65536', 'x', '-1', '80.5'])
      expect(() => readSettings({ ADMIN_PORT: bad })).toThrow('ADMIN_PORT must be a port');
  });

  test('name both variables of a port that is wanted twice', () => {
    expect(() => readSettings({ PROXY_PORT: '8001', STATUS_PORT: '9101' })).toThrow(
      'port 8001 is wanted twice: PROXY_PORT (gateway) and ADMIN_PORT (admin API)\n' +
        'port 9101 is wanted twice: STATUS_PORT (status and metrics) and MOCK_GONGBU_AUTH_PORT (mock of gongbu.auth)',
    );
  });

  test('give the parts secrets, and the addresses of moved mocks unless the operator set them', () => {
    const variables = {
      MOCK_GONGBU_BOT_PORT: '7003',
      MOCK_LEARNING_AUTH_PORT: '7001,7002',
      MOCK_GONGBU_AUTH_PORT: '7004',
      GONGBU_AUTH_SERVICE_URL: 'http://real',
    };
    const given = partVariables(variables, readSettings(variables));
    expect(given).toMatchObject({
      GONGBU_BOT_SERVICE_URL: 'http://127.0.0.1:7003',
      LEARNING_AUTH_SERVICE_URL: 'http://127.0.0.1:7001,http://127.0.0.1:7002',
      GONGBU_AUTH_SERVICE_URL: 'http://real',
    });
    expect(given['GONGBU_JWT_SECRET']).toContain('development');
    expect(given['GONGBU_COURSE_SERVICE_URL']).toBeUndefined();
  });
});
