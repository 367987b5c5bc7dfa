// Writes what a Kong of `make kong-up` (or of the contract cases, with `--tests`) reads beside kong/kong.env: secrets of development or
// of the tests, and then .env, which wins. One NAME=value a line.
import fs from 'node:fs';
import path from 'node:path';
import { developmentSecrets } from '../packages/testkit/dist/index.js';

const root = path.resolve(import.meta.dirname, '..');
const tests = process.argv.includes('--tests');
const names = {
  gongbu: 'GONGBU_JWT_SECRET',
  learning: 'LEARNING_JWT_SECRET',
  healthpay: 'HEALTHPAY_JWT_SECRET',
  freelance: 'FREELANCE_JWT_SECRET_KEY',
};
const development = Object.fromEntries(Object.entries(names).map(([system, name]) => [name, developmentSecrets[system]]));
const secrets = tests ? (await import('../test/contract/support/secrets.ts')).planeSecrets : development;
const file = path.join(root, '.env');
// Empty values of a copied .env.example would hide a secret.
const own =
  tests || !fs.existsSync(file)
    ? []
    : fs
        .readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => !/^\w+=$/.test(line));
process.stdout.write([...Object.entries(secrets).map(([name, value]) => `${name}=${value}`), ...own, ''].join('\n'));
