module.exports = require('../host.cjs')['ip-rate-limit'];
