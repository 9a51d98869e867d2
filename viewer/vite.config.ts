import { join } from 'node:path';
import { defineConfig, type Plugin } from 'vite';

const application = process.env.VIEWER_APPLICATION ?? 'http://localhost:3000';

/** The placeholders of the page, which the Nest module fills in. This plugin fills them in for `npm run viewer:dev`. */
const placeholders: Plugin = {
  name: 'viewer-placeholders',
  apply: 'serve',
  transformIndexHtml: (html) =>
    html.replace('{{api}}', '/audit').replace('{{login}}', '/auth/login').replace('{{shell}}', 'public'),
};

export default defineConfig({
  root: import.meta.dirname,
  base: './', // chunks use relative URLs, since the application chooses the viewer's path
  plugins: [placeholders],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  server: {
    port: Number(process.env.VIEWER_PORT ?? 5173),
    proxy: Object.fromEntries(['/audit', '/auth'].map((path) => [path, application])),
  },
  build: {
    outDir: '../dist/viewer',
    emptyOutDir: true,
    assetsDir: '', // one flat folder, since one route serves it
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    target: ['chrome123', 'firefox121', 'safari17.5'],
    reportCompressedSize: false,
    rolldownOptions: {
      input: { index: join(import.meta.dirname, 'index.html'), element: join(import.meta.dirname, 'src/element.tsx') },
      treeshake: { moduleSideEffects: [{ test: /src\/audit\//, sideEffects: false }] }, // bundle only the code of the core that the viewer calls
      output: {
        entryFileNames: '[name].[hash].js',
        chunkFileNames: '[name].[hash].js',
        assetFileNames: '[name].[hash][extname]',
      },
    },
  },
});
