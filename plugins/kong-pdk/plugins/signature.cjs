module.exports = require('../host.cjs')['signature'];
