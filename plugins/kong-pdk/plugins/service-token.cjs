module.exports = require('../host.cjs')['service-token'];
