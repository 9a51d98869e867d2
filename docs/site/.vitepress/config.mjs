import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';
import { hideComments } from './comments.mjs';
import { fixLinks } from './links.mjs';
import { pagePath } from './pages.mjs';
import { readSidebar } from './sidebar.mjs';
import { writeTextsForModels } from './llms.mjs';

const root = new URL('../../../', import.meta.url);
const { version, description } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));

export default defineConfig({
  title: 'nestjs-audit-ledger',
  description,
  lang: 'en',
  // Where a host serves one of several versions, such as /v0.1/.
  base: process.env.DOCS_BASE ?? '/',
  srcDir: '../..',
  srcExclude: [
    '{README,node_modules,.data,.github,bench,dist,migrations,ops,scripts,src,test,viewer}{.md,/**}',
    'docs/site/node_modules/**',
  ],
  outDir: 'dist',
  cacheDir: '.cache',
  rewrites: pagePath,
  cleanUrls: true,
  lastUpdated: false,
  markdown: { html: false, anchor: { slugify: toAnchor }, config: readRepository },
  buildEnd: writeTextsForModels,
  vite: {
    publicDir: false,
    build: { chunkSizeWarningLimit: 4_000 },
    // The pages are outside of this folder, and its packages are not.
    resolve: {
      alias: [
        { find: /^vue$/, replacement: packageFile('vue/dist/vue.runtime.esm-bundler.js') },
        { find: /^vue\/server-renderer$/, replacement: packageFile('vue/server-renderer/index.mjs') },
      ],
    },
    server: { fs: { allow: ['../..'] } },
  },
  themeConfig: {
    search: { provider: 'local', options: { miniSearch: { searchOptions: { boostDocument } } } },
    outline: [2, 3],
    nav: [
      { text: 'Install', link: '/guides/quick-start' },
      { text: 'API', link: '/api/' },
      { text: 'Comparison', link: '/comparison' },
      {
        text: `v${version}`,
        items: [
          { text: 'Changes', link: '/changelog' },
          { text: 'Upgrades and support', link: '/upgrading' },
          { text: 'Limits', link: '/limits' },
        ],
      },
    ],
    sidebar: readSidebar(root),
  },
});

/** Reads pages as they are in the repository. */
function readRepository(md) {
  hideComments(md);
  fixLinks(md);
}

function packageFile(path) {
  return fileURLToPath(new URL(`../node_modules/${path}`, import.meta.url));
}

/** As GitHub makes anchors, so that links hold there and here. */
function toAnchor(heading) {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-');
}

/** Shows guides before the reference and the records of decisions. */
function boostDocument(page) {
  return /\/(adr|reference|comparison|architecture|contributing)\b/.test(page) ? 0.5 : 1;
}
