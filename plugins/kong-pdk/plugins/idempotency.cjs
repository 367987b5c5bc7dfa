module.exports = require('../host.cjs')['idempotency'];
