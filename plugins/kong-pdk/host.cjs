// Our policies as plugins of kong-pdk, once per process: they share what they know.
const { kongPlugins } = require('../dist/pdk/index.js');

module.exports = kongPlugins(process.env);
