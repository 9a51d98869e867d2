import { defineConfig } from 'vite';

/** A file of evidence contains the verifier as one script without imports. */
export default defineConfig({
  root: import.meta.dirname,
  build: {
    outDir: '../dist/viewer',
    emptyOutDir: false,
    target: ['chrome123', 'firefox121', 'safari17.5'],
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      input: 'src/evidence/verifier.ts',
      output: { entryFileNames: 'verifier.[hash].js' },
    },
  },
});
