module.exports = require('../host.cjs')['telemetry'];
