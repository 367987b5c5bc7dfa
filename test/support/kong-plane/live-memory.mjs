// Loaded into a server (`--import`): on SIGUSR2 it collects its garbage and writes how many bytes are in use into the file LIVE_MEMORY.
import fs from 'node:fs';
import v8 from 'node:v8';
import vm from 'node:vm';

v8.setFlagsFromString('--expose-gc');
const collect = vm.runInNewContext('gc');

process.on('SIGUSR2', () => {
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  fs.writeFileSync(process.env.LIVE_MEMORY, `${heapUsed + external}\n`);
});
