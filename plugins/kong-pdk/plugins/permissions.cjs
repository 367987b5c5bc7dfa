module.exports = require('../host.cjs')['permissions'];
