module.exports = require('../host.cjs')['redis-rate-limit'];
