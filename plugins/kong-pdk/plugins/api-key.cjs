module.exports = require('../host.cjs')['api-key'];
