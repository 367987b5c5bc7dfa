import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { HostsFile, parseHosts } from './hosts-file.js';

describe('parseHosts', () => {
  test('reads names, aliases and comments, and prefers IPv4', () => {
    const text = '# c\n127.0.0.1 localhost\n::1 localhost ip6-localhost\n10.0.0.1\tA.Internal b # x\n10.0.0.2 b\nnonsense c\n';
    expect([...parseHosts(text)]).toEqual([
      ['localhost', ['127.0.0.1']],
      ['ip6-localhost', ['::1']],
      ['a.internal', ['10.0.0.1']],
      ['b', ['10.0.0.1', '10.0.0.2']],
    ]);
  });
});

describe('HostsFile', () => {
  test('follows changes of the file without a restart', () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'hosts-'));
    const file = path.join(directory, 'hosts');
    let now = 0;
    const hosts = new HostsFile(file, () => now);
    expect(hosts.lookup('a')).toEqual([]);
    expect(hosts.lookup('localhost')).toEqual(['127.0.0.1']);
    writeFileSync(file, '10.0.0.1 a\n');
    expect(hosts.lookup('a')).toEqual([]);
    now += 1000;
    expect(hosts.lookup('a')).toEqual(['10.0.0.1']);
    rmSync(directory, { recursive: true });
    now += 1000;
    expect(hosts.lookup('a')).toEqual([]);
  });
});
