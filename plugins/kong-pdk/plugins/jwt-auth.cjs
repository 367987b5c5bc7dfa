module.exports = require('../host.cjs')['jwt-auth'];
