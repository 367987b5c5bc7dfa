import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { parseDeclarative } from '../declarative/load.js';

/** Self-signed by EC keys that nobody has any more, valid for a hundred years. */
const AUTHORITY = `-----BEGIN CERTIFICATE-----
MIIBcTCCARegAwIBAgIUAzNWthLNVxdh8Do+1DnWeqi0NDcwCgYIKoZIzj0EAwIw
DTELMAkGA1UEAwwCY2EwIBcNMjYxMTIyMDIzNDE0WhgPMjEyNjEwMjkwMjM0MTRa
MA0xCzAJBgNVBAMMAmNhMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAETk3Cc7h2
ZTb8hsjerJcRijboT8ZbX8VYumD0O1koshwD7dkw5qEIx+ZkrahyoxpcPpi1e12y
w1tBLCc1wjKx5qNTMFEwHQYDVR0OBBYEFEyF3WFVE7mgYvk+BTGNAEKAITKyMB8G
A1UdIwQYMBaAFEyF3WFVE7mgYvk+BTGNAEKAITKyMA8GA1UdEwEB/wQFMAMBAf8w
CgYIKoZIzj0EAwIDSAAwRQIhAJQWWax/Ye4KkNq29y72tDZa5Lhj4s1Cvk3NDVCK
lqq3AiBT5Xc/iqlJthzu4hpSWjcMGxDqRj8bNDi/QAt9/tJNyg==
-----END CERTIFICATE-----`;
const LEAF = `-----BEGIN CERTIFICATE-----
MIIBdTCCARygAwIBAgIUINIdL6MPLfjxk0mgl18Gq8uHr6owCgYIKoZIzj0EAwIw
ETEPMA0GA1UEAwwGYS50ZXN0MCAXDTI2MTEyMjAyMzQxNFoYDzIxMjYxMDI5MDIz
NDE0WjARMQ8wDQYDVQQDDAZhLnRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AAQN/gwLffZyyqISqLrXthPZrXTfhkcUfjljVk1jQNkInOyRBuFeLK6bEH0DAJgQ
ZI+IcjuvBRmCnCo8jv3jBjzVo1AwTjAdBgNVHQ4EFgQUqNF7osZm1sh/8s0kk4pk
/1fA/DEwHwYDVR0jBBgwFoAUqNF7osZm1sh/8s0kk4pk/1fA/DEwDAYDVR0TAQH/
BAIwADAKBggqhkjOPQQDAgNHADBEAiBO2WW4mqEFuFShV9tdK8jO01HLXckrARsN
y/223bkouQIgQMOO+FjKNHMqmR0ILbyAkEycK6cdXABDsQX68IJOC9M=
-----END CERTIFICATE-----`;
const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' });

function load(entities: object) {
  const { config, faults } = parseDeclarative(JSON.stringify({ _format_version: '3.0', ...entities }), 'f.json');
  return { config, faults: faults.map(({ path, message }) => `${path}: ${message}`) };
}

describe('certificates', () => {
  test.each([
    [{ cert: LEAF, key }, ['certificates[0]: certificate does not match key']],
    [{ cert: 'x', key }, ['certificates[0].cert: invalid certificate: not a PEM certificate']],
    [{ cert: LEAF, key: 'x' }, ['certificates[0].key: invalid key: not a PEM private key']],
    [{ cert: LEAF }, ['certificates[0].key: required field missing']],
    [{ cert: LEAF, key: '{vault://env/k}' }, ["certificates[0].key: the reference {vault://env/k} can't be resolved"]],
  ])('case %#', (certificate, faults) => {
    expect(load({ certificates: [certificate] }).faults).toEqual(faults);
  });

  test('an alternative needs its key, and another type', () => {
    const { faults } = load({ certificates: [{ cert: LEAF, key, cert_alt: AUTHORITY }] });
    expect(faults).toContain("certificates[0]: all or none of these fields must be set: 'cert_alt', 'key_alt'");
    expect(faults).toContainEqual(expect.stringContaining('need to have different type'));
  });

  test('names nested in a certificate are entities', () => {
    const { faults } = load({ certificates: [{ cert: LEAF, key, snis: ['a.test', { name: '*.b.test' }, { name: 'c.*.d' }] }] });
    expect(faults).toContain('certificates[0].snis[0]: expected a record');
    expect(faults).toContain('certificates[0].snis[2].name: wildcard must be leftmost or rightmost character');
  });
});

describe('ca_certificates', () => {
  test('the digest is computed', () => {
    const { config } = load({ ca_certificates: [{ cert: AUTHORITY }] });
    expect(config?.ca_certificates[0]?.cert_digest).toMatch(/^[\da-f]{64}$/);
  });

  test.each([
    [LEAF, 'ca_certificates[0]: certificate does not appear to be a CA because it is missing the "CA" basic constraint'],
    [`${AUTHORITY}\n${AUTHORITY}`, 'ca_certificates[0]: please submit only one certificate at a time'],
    ['{vault://env/ca}', 'ca_certificates[0].cert: invalid certificate: not a PEM certificate'],
  ])('case %#', (cert, fault) => {
    expect(load({ ca_certificates: [{ cert }] }).faults).toEqual([fault]);
  });
});
