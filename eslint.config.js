import js from '@eslint/js';
import tseslint from 'typescript-eslint';
import plainWords from './scripts/lint/plain-words.mjs';

export default tseslint.config(
  {
    ignores: [
      'dist/',
      'site/{api,dist,.cache}/',
      'coverage/',
      '.data/',
      'src/audit/catalogue/catalogue.generated.ts',
      'src/modules/monitoring/store/**/*.generated.ts',
      'src/modules/monitoring/watch/shipped/shipped-rules.generated.ts',
      'test/long/compat/*/',
      'test/long/compat/*.ts',
    ],
  },
  js.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'off',
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
    files: ['{src,test,migrations}/**/*.ts', 'viewer/**/*.{ts,tsx}', '**/*.{js,mjs}'],
    ignores: ['test/architecture/plain-words.spec.ts', 'scripts/lint/plain-words.mjs'], // which have them as data
    plugins: { prose: { rules: { 'plain-words': plainWords } } },
    rules: { 'prose/plain-words': 'error' },
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
);
