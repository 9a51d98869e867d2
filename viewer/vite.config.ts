import { join } from 'node:path';
import { defineConfig, type Plugin } from 'vite';

const application = process.env.VIEWER_APPLICATION ?? 'http://localhost:3000';

/** In an application, the Nest module fills in the placeholders. */
const placeholders: Plugin = {
  name: 'viewer-placeholders',
  apply: 'serve',
  transformIndexHtml: (html) =>
    html
      .replace('{{api}}', '/audit')
      .replace('{{login}}', '/auth/login')
      .replace('{{logout}}', '/audit/logout')
      .replace('{{shell}}', 'public'),
};

export default defineConfig({
  root: import.meta.dirname,
  base: './', // chunks have relative URLs, because the application chooses the viewer's path
  plugins: [placeholders],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  server: {
    port: Number(process.env.VIEWER_PORT ?? 5173),
    proxy: Object.fromEntries(['/audit', '/auth'].map((path) => [path, application])),
  },
  build: {
    outDir: '../dist/viewer',
    emptyOutDir: true,
    assetsDir: '', // all files are in one folder, because one route serves them
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    target: ['chrome123', 'firefox121', 'safari17.5'],
    reportCompressedSize: false,
    rolldownOptions: {
      input: { index: join(import.meta.dirname, 'index.html'), element: join(import.meta.dirname, 'src/element.tsx') },
      output: {
        entryFileNames: '[name].[hash].js',
        chunkFileNames: '[name].[hash].js',
        assetFileNames: '[name].[hash][extname]',
      },
    },
  },
});
