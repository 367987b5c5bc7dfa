module.exports = require('../host.cjs')['api-version'];
