import { expect, test } from '@jest/globals';
import { parseStrace } from './syscalls.js';

test('reads what strace sums up', () => {
  const text = `% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 61.11    0.300000           3    100000           write
 30.00    0.150000           2    200000     99000 read
  8.89    0.000001           1         5           epoll_pwait2
------ ----------- ----------- --------- --------- ----------------
100.00    0.450001           2    300005     99000 total
`;
  expect(parseStrace(text)).toEqual([
    { name: 'read', calls: 200_000, errors: 99_000 },
    { name: 'write', calls: 100_000, errors: 0 },
    { name: 'epoll_pwait2', calls: 5, errors: 0 },
  ]);
});
