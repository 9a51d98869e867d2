// What a build to CommonJS exports.
const { ShopModule } = require('./coverage-target.mjs');

exports.ShopModule = ShopModule;
exports.default = ShopModule;
