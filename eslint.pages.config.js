import markdown from '@eslint/markdown';
import plainWords from './scripts/lint/plain-words.mjs';
import sqlComments from './scripts/lint/sql-comments.mjs';

/** The pages for people, and the comments of SQL. They are apart from `eslint.config.js`, whose rules are of code. */
export default [
  { ignores: ['dist/', '.data/', 'node_modules/', 'site/{api,dist,.cache}/', 'api/'] },
  {
    files: ['**/*.md'],
    ignores: ['docs/reference/{commands,options,metrics}.md'], // their texts are in the sources
    plugins: { markdown, prose: { rules: { 'plain-words': plainWords } } },
    language: 'markdown/gfm',
    rules: {
      'prose/plain-words': 'error',
      'markdown/fenced-code-language': 'error',
      'markdown/no-empty-links': 'error',
      'markdown/no-reversed-media-syntax': 'error',
    },
  },
  {
    files: ['src/**/*.sql'],
    plugins: { prose: { rules: { 'plain-words': plainWords } } },
    processor: sqlComments,
    rules: { 'prose/plain-words': 'error' },
  },
];
