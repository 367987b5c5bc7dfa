// Loaded into every part of the stack: when the supervisor is gone, however it went, its end of this pipe closes and the part
// ends as it would on SIGTERM. No part is left behind on a port.
process.stdin.on('close', () => process.kill(process.pid, 'SIGTERM'));
process.stdin.on('error', () => undefined);
process.stdin.resume();
// Waiting for the pipe alone is not to keep the part alive.
process.stdin.unref();
