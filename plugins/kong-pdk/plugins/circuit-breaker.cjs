module.exports = require('../host.cjs')['circuit-breaker'];
