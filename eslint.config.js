import js from '@eslint/js';
import markdown from '@eslint/markdown';
import regexp from 'eslint-plugin-regexp';
import tseslint from 'typescript-eslint';
import plainWords from './scripts/lint/plain-words.mjs';
import sqlComments from './scripts/lint/sql-comments.mjs';

/** A test that fakes these must not stop the delivery of events. */
const TIMERS = ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'];

const prose = { rules: { 'plain-words': plainWords } };

/** Names that a newcomer would not search for, with the word to use. */
const NAMES = [
  {
    selector:
      'Identifier[name=/(?<!^(?:allO|anyO|oneO|isOneO|asO|aliasO|onBehalfO|duplicateO|replayO|indexO|lastIndexO|valueO|instanceO|toBeInstanceO|(?:get|set|is)PrototypeO))(?<=^[a-z]\\w*O)f$/]',
    message: 'A function is a verb: get, to, parse, format, build, read, list, find, resolve, compute.',
  },
  { selector: 'Identifier[name=/(?:^|_)(?:MOST|LONGEST|LARGEST|WIDEST)_/]', message: 'Use MAX_.' },
  { selector: 'Identifier[name=/(?:^|_)(?:LEAST|FEWEST|SHORTEST|SMALLEST)_/]', message: 'Use MIN_.' },
  { selector: 'Identifier[name=/^(?:most|longest|fewest|least)[A-Z]/]', message: 'Use max… or min….' },
  { selector: 'Identifier[name=/(?:^r|R)oom(?:s?$|s?[A-Z])|(?:^|_)ROOMS?(?:_|$)/]', message: 'Use "extension".' },
  { selector: 'Identifier[name=/(?:^l|L)ane(?:s?$|s?[A-Z])|(?:^|_)LANES?(?:_|$)/]', message: 'Use "source".' },
  { selector: 'Identifier[name=/[cC]ustodian/]', message: 'Use "session": the erasure has its own sessions.' },
  { selector: 'Identifier[name=/[mM]isspelt/]', message: 'Use "misspelled".' },
  { selector: 'Identifier[name=/^(?:says|whatToDo)$/]', message: 'Use "message" and "remedy".' },
  { selector: 'Identifier[name=/^judge[A-Z]|^judge$/]', message: 'Use assess… (health) or check… (verification).' },
  {
    selector: 'Identifier[name=/^(?:unless|orNone$|why(?:Not)?[A-Z])/]',
    message: 'Name the outcome: undefinedIf…, explain….',
  },
];

export default tseslint.config(
  {
    ignores: [
      'dist/',
      'docs/site/{api,dist,.cache}/',
      'coverage/',
      '.data/',
      '**/*.generated.ts',
      'test/long/compat/*/',
      'test/long/compat/*.ts',
      'test/public-api/',
    ],
  },
  { files: ['**/*.{js,mjs,cjs,ts,tsx}'], ...js.configs.recommended },
  {
    files: ['**/*.{ts,tsx}'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'off',
      // an interface keeps its name in editors and messages, where a type shows its members
      '@typescript-eslint/no-empty-object-type': ['error', { allowInterfaces: 'with-single-extends' }],
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // Nest types its options as classes, and takes object literals.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      'no-console': 'error',
      eqeqeq: 'error',
    },
  },
  {
    // A client chooses texts that the sources match: a slow pattern would let one request stop the process.
    files: ['{src,viewer}/**/*.{ts,tsx}'],
    ignores: ['**/*.spec.ts'],
    plugins: { regexp },
    rules: {
      'regexp/no-super-linear-move': 'error',
      'regexp/no-super-linear-backtracking': ['error', { report: 'potential' }],
    },
  },
  {
    files: ['src/{base,audit,monitoring,extensions}/**/*.ts'],
    ignores: ['src/base/timers.ts', '**/jobs/run-every.ts', 'src/extensions/*/commands/**', '**/*.spec.ts'], // a test may move the clock of recurring jobs, but not of a command
    rules: {
      'no-restricted-globals': [
        'error',
        ...TIMERS.map((name) => ({ name, message: 'Import it from src/base/timers.ts.' })),
      ],
      'no-restricted-imports': ['error', 'node:timers', 'node:timers/promises'],
    },
  },
  {
    files: ['{src,test,migrations}/**/*.ts', 'viewer/**/*.{ts,tsx}', '**/*.{js,mjs}'],
    ignores: ['test/architecture/plain-words.spec.ts', 'scripts/lint/plain-words.mjs'], // which have them as data
    plugins: { prose },
    rules: { 'prose/plain-words': 'error' },
  },
  { files: ['**/*.{js,mjs,cjs,ts,tsx}'], rules: { 'no-restricted-syntax': ['error', ...NAMES] } },
  {
    files: ['test/{browser,long/browser}/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...NAMES,
        {
          selector:
            'CallExpression[callee.name=expect] > AwaitExpression > CallExpression[callee.property.name=/^(innerText|textContent|all\\w+|count|inputValue|getAttribute|boundingBox|evaluate|title|is[A-Z]\\w+)$/]',
          message: 'A page may show it a moment later: await shown(…), which waits for what is expected.',
        },
      ],
    },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        performance: 'readonly',
        URL: 'readonly',
        fetch: 'readonly',
        __dirname: 'readonly',
      },
    },
  },
  {
    files: ['**/*.md'],
    ignores: ['docs/reference/{commands,options,metrics}.md'], // their texts are in the sources
    plugins: { markdown, prose },
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
    plugins: { prose },
    processor: sqlComments,
    rules: { 'prose/plain-words': 'error' },
  },
);
