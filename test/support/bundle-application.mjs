// Bundles main.js of a folder into bundle/main.js, with the library of dist and with names as short as can be. Packages stay outside, as bundlers for
// servers leave them. A process of its own: Vite takes no pattern of another realm.
import { resolve } from 'node:path';
import { build } from 'vite';

await build({
  ...{ configFile: false, logLevel: 'silent', root: process.argv[2] },
  resolve: {
    alias: {
      'nestjs-audit-ledger/monitoring': resolve('dist/src/modules/monitoring/index.js'),
      'nestjs-audit-ledger': resolve('dist/src/audit/index.js'),
    },
  },
  build: { ssr: 'main.js', outDir: 'bundle', minify: true },
});
