import { BlockList, isIPv6 } from 'node:net';

const MAPPED = /^::ffff:(?=\d+\.)/i;

/** Addresses and CIDR blocks. The families are apart, as in Kong: `::/0` means no IPv4 address, which one BlockList would take in. */
export class AddressBlocks {
  private readonly ipv4 = new BlockList();
  private readonly ipv6 = new BlockList();

  /** @throws TypeError or RangeError for what is no address or block; IPv6 may stand in brackets */
  add(entry: string): void {
    const [written = '', prefix] = entry.split('/', 2);
    const address = written.startsWith('[') && written.endsWith(']') ? written.slice(1, -1) : written;
    const [list, family] = isIPv6(address) ? ([this.ipv6, 'ipv6'] as const) : ([this.ipv4, 'ipv4'] as const);
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }

  /** Whether one of them holds the address; an IPv4 address is one in IPv6 notation (`::ffff:…`) too. */
  has(address: string): boolean {
    const plain = address.replace(MAPPED, '');
    return isIPv6(plain) ? this.ipv6.check(plain, 'ipv6') : this.ipv4.check(plain, 'ipv4');
  }
}
