// express-gateway with the policies of its configuration. Its own agent keeps connections to the service open.
import { cpSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(import.meta.url);
const directory = process.env.CONFIG_DIR;
cpSync(path.join(path.dirname(require.resolve('express-gateway')), 'config/models'), path.join(directory, 'models'), { recursive: true });
process.once('SIGTERM', () => process.exit(0));
await require('express-gateway')().load(directory).run();
