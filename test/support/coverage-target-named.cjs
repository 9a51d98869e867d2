// What the compiler makes of a root module that is exported by its name, as applications have it.
const { ShopModule } = require('./coverage-target.mjs');

exports.ShopModule = ShopModule;
exports.options = () => ({});
