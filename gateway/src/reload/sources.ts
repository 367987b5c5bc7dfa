/** What a gateway is made of and may change while it runs: the declarative file and the standard certificate. */
import fs from 'node:fs/promises';
import { ConfigurationError } from '../gateway.js';
import type { KeyPair } from '../tls/certificates.js';
import { readKeyPair } from '../tls/standard-certificate.js';

/** Read together, taken in use together. */
export interface Sources {
  /** Named in faults. */
  readonly file: string;
  readonly text: string;
  readonly standard: KeyPair;
}

export class SourceFiles {
  /**
   * @param file the declarative file
   * @param pair files of the standard certificate, or the one that holds as long as the process lives
   */
  constructor(
    private readonly file: string,
    private readonly pair: { readonly certFile: string; readonly keyFile: string } | KeyPair,
  ) {}

  /** All files whose change matters. */
  get files(): string[] {
    return 'certFile' in this.pair ? [this.file, this.pair.certFile, this.pair.keyFile] : [this.file];
  }

  /** @throws ConfigurationError, CertificateError for what can't be read, or a pair that does not belong together */
  async read(): Promise<Sources> {
    const { file, pair } = this;
    const text = await fs.readFile(file, 'utf8').catch((error: Error) => {
      throw new ConfigurationError([{ file, path: '', message: `the file can't be read (${error.message})` }]);
    });
    return { file, text, standard: 'certFile' in pair ? await readKeyPair(pair.certFile, pair.keyFile) : pair };
  }
}
