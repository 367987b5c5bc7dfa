module.exports = require('../host.cjs')['service-health'];
