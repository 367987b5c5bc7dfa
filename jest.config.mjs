import fs from 'node:fs';

const swc = JSON.parse(fs.readFileSync(new URL('./.swcrc.json', import.meta.url), 'utf8'));
const parts = [
  'packages/kong-config',
  'packages/testkit',
  'packages/devstack',
  'packages/policy',
  'packages/messaging',
  'packages/telemetry',
  'plugins',
  'gateway',
  'auth-sidecar',
  'bench',
];

const shared = {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': ['@swc/jest', { ...swc, swcrc: false }] },
  moduleNameMapper: {
    ...Object.fromEntries(parts.map((p) => [`^@gatehouse/${p.split('/').at(-1)}$`, `<rootDir>/${p}/src/index.ts`])),
    '^@gatehouse/kong-config/load$': '<rootDir>/packages/kong-config/src/load.ts',
    '^@gatehouse/policy/testing$': '<rootDir>/packages/policy/src/testing/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
};
const project = (displayName, testMatch, more = {}) => ({
  displayName,
  ...shared,
  testMatch: testMatch.map((m) => `<rootDir>/${m}`),
  ...more,
});

export default {
  // Generous, since no test measures time: a busy machine must not fail one.
  testTimeout: 30_000,
  reporters: ['default', '<rootDir>/scripts/summary-reporter.mjs'],
  projects: [
    project('unit', [...parts.map((p) => `${p}/src/**/*.test.ts`), 'test/tidy/**/*.test.ts', 'test/support/**/*.test.ts']),
    project('conformance', ['test/conformance/**/*.test.ts']),
    project('contract', ['test/contract/**/*.test.ts'], { globalSetup: '<rootDir>/test/support/parts-setup.mjs' }),
    project('integration', ['test/integration/**/*.test.ts', 'test/e2e/**/*.test.ts', 'test/chaos/**/*.test.ts'], {
      globalSetup: '<rootDir>/test/support/parts-setup.mjs',
    }),
    // What needs a real Kong: one that runs (`make test-contract`), or one that the tests start and break (`make test-kong`).
    ...(process.env.KONG_URL ? [project('kong', ['test/kong/*.test.ts'])] : []),
    ...(process.env.KONG_BIN ? [project('kong-process', ['test/kong/process/*.test.ts'])] : []),
  ],
};
