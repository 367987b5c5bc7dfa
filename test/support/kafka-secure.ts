/** A listener of a test Kafka that asks for TLS and a password (SASL PLAIN). */
import fs from 'node:fs';
import path from 'node:path';
import { generate } from 'selfsigned';

/** How clients come in by it. */
export interface SecureEntrance {
  /** `host:port`. */
  readonly address: string;
  /** Certificate to trust, as PEM. */
  readonly ca: string;
  readonly username: string;
  readonly password: string;
}

/** Makes a certificate in a directory. @returns the entrance, and lines for the broker's settings beside its listeners */
export async function secureEntrance(directory: string, port: number): Promise<{ entrance: SecureEntrance; settings: readonly string[] }> {
  const extensions = [{ name: 'subjectAltName' as const, altNames: [{ type: 7 as const, ip: '127.0.0.1' }] }];
  const made = await generate([{ name: 'commonName', value: '127.0.0.1' }], { keyType: 'ec', extensions });
  const store = path.join(directory, 'broker.pem');
  fs.writeFileSync(store, `${made.private.trim()}\n${made.cert.trim()}\n`, { mode: 0o600 });
  const entrance = { address: `127.0.0.1:${port}`, ca: made.cert, username: 'gatehouse', password: 'only-for-tests' };
  const login = 'org.apache.kafka.common.security.plain.PlainLoginModule required';
  const settings = [
    'listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SECURE:SASL_SSL',
    'listener.name.secure.ssl.keystore.type=PEM',
    `listener.name.secure.ssl.keystore.location=${store}`,
    'listener.name.secure.sasl.enabled.mechanisms=PLAIN',
    `listener.name.secure.plain.sasl.jaas.config=${login} user_${entrance.username}="${entrance.password}";`,
  ];
  return { entrance, settings };
}
