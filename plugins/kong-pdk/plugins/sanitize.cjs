module.exports = require('../host.cjs')['sanitize'];
