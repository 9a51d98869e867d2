// A separate process, since Vite rejects patterns of another realm. Packages stay external, as bundlers for servers leave them.
import { resolve } from 'node:path';
import { build } from 'vite';

await build({
  ...{ configFile: false, logLevel: 'silent', root: process.argv[2] },
  resolve: {
    alias: {
      'nestjs-audit-ledger/monitoring': resolve('dist/src/monitoring/index.js'),
      'nestjs-audit-ledger': resolve('dist/src/audit/index.js'),
    },
  },
  build: { ssr: 'main.js', outDir: 'bundle', minify: true },
});
