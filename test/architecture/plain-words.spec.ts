import { describe, expect, it } from '@jest/globals';
import markdown from '@eslint/markdown';
import { Linter, type Rule } from 'eslint';

interface Phrase {
  readonly pattern: RegExp;
}

// The script is JavaScript, of this shape.
const { default: rule, PHRASES } = (await importLint('plain-words.mjs')) as {
  default: Rule.RuleModule;
  PHRASES: readonly Phrase[];
};

const { default: sqlComments } = (await importLint('sql-comments.mjs')) as { default: Linter.Processor };

const HARD = [
  'The boot stops for options that there are none of.',
  'The key is no path.',
  'It has no route of its own.',
  'Options such as misspelt ones.',
  'The manifest is signed anew.',
  'It is kept for ever.',
  'A callback that throws has not said so.',
  'The export goes on.',
  'The event tells of the change.',
  'A callback has nothing to say.',
  'The role may no more than it needs.',
  'The line is of no product.',
  'The header is believed.',
] as const;

const found = (text: string, filename: string): readonly string[] =>
  new Linter()
    .verify(
      text,
      [
        { files: ['**/*.md'], plugins: { markdown }, language: 'markdown/gfm' },
        { files: ['**/*.sql'], processor: sqlComments },
        { files: ['**/*'], plugins: { prose: { rules: { 'plain-words': rule } } }, rules: { 'prose/plain-words': 2 } },
      ],
      { filename },
    )
    .map(({ line, column }) => `${line}:${column}`);

describe('the list of words that are hard to read', () => {
  it.each(HARD)('finds: %s', (message) => {
    expect(found(message, 'page.md')).toHaveLength(1);
    expect(found(`// ${message}\nthrow new Error('${message}' + \`${message}\`);`, 'code.js')).toHaveLength(3);
  });

  it('has an example of each phrase', () => {
    expect(PHRASES.filter(({ pattern }) => !HARD.some((message) => pattern.test(message)))).toEqual([]);
  });

  it('finds a phrase that a line break parts, in prose and in a comment', () => {
    expect(found('The export goes\non.', 'page.md')).toEqual(['1:12']);
    expect(found('/**\n * The export goes\n * on.\n */', 'code.js')).toEqual(['2:15']);
  });

  it('finds a phrase in a comment of SQL, and nowhere else in it', () => {
    expect(found("SELECT 'for ever';\n-- Kept for ever.\nSELECT 1; -- It says so.\n", 'due.sql')).toEqual([
      '2:9',
      '3:17',
    ]);
  });

  it('leaves code in pages, and plain sentences, alone', () => {
    expect(found('`is no`\n\n```sh\n# it goes on\n```\n', 'page.md')).toEqual([]);
    expect(found('There is no such file. It is no longer there. It goes on disk.', 'page.md')).toEqual([]);
  });
});

function importLint(name: string): Promise<unknown> {
  return import(`../../scripts/lint/${name}`);
}
