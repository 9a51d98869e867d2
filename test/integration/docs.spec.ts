import { describe, expect, it } from '@jest/globals';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const CODE = '(?:AUDIT|DATABASE|EMBEDDED|ENVIRONMENT)_[A-Z0-9_]+';

/** `readonly code = '…'`, `code: '…'`, with or without a type. */
const DECLARED_CODE = new RegExp(String.raw`\bcode(?:\??: *[\w ]+=| *[=:])\s*['"\`](${CODE})['"\`]`, 'g');

/** Any whole string of that form; for the files of error classes, however they say it. Backticks are of comments. */
const QUOTED_CODE = new RegExp(`['"](${CODE})['"]`, 'g');

/** A heading, or the first cell of a row of a table. */
const LISTED_CODE = new RegExp(String.raw`^(?:#{2,6} +|\| *)\`?(${CODE})\`?(?: *\||\s*$)`, 'gm');

describe('docs/reference/errors.md', () => {
  it('lists every error code of the source once, and no other', async () => {
    const page = await readFile('docs/reference/errors.md', 'utf8');
    const listed = Array.from(page.matchAll(LISTED_CODE), ([, code = '']) => code).sort(); // one that is there twice, too
    expect(listed).toEqual(await declaredCodes());
  });

  it('is compared with codes that were found', async () => {
    const declared = await declaredCodes();
    expect(declared).toEqual(
      expect.arrayContaining(['AUDIT_UNAVAILABLE', 'DATABASE_MISSING', 'EMBEDDED_DISK_FULL', 'ENVIRONMENT_INVALID']),
    );
  });
});

describe('.env.example', () => {
  it('lists every environment variable of the configuration, and no other', async () => {
    const configured = matches(
      /^ {2}readonly ([A-Z][A-Z0-9_]*)\??:/gm,
      await readFile('src/config/app-config.ts', 'utf8'),
    );
    const listed = matches(/^#?([A-Z][A-Z0-9_]*)=/gm, await readFile('.env.example', 'utf8'));
    expect(configured).toContain('DATABASE_URL');
    expect(listed).toEqual(configured);
  });
});

async function declaredCodes(): Promise<string[]> {
  const files = (await readdir('src', { recursive: true })).filter((file) => /(?<!\.spec)\.ts$/.test(file));
  const found = await Promise.all(
    files.map(async (file) => {
      const pattern = /\.errors?(\.base)?\.ts$/.test(file) ? QUOTED_CODE : DECLARED_CODE;
      return matches(pattern, await readFile(join('src', file), 'utf8'));
    }),
  );
  return [...new Set(found.flat())].sort();
}

/** What a pattern's first group matched, sorted, each once. */
function matches(pattern: RegExp, text: string): string[] {
  return [...new Set(Array.from(text.matchAll(pattern), ([, group = '']) => group))].sort();
}
