import { describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { buildPage, readPages, type Page } from '../support/pages.js';

it('.env.example lists every environment variable of the configuration, and no other', async () => {
  const configured = matches(/^ {2}([A-Z][A-Z0-9_]*):/gm, await readFile('src/shop/config/app-config.ts', 'utf8'));
  const listed = matches(/^#?([A-Z][A-Z0-9_]*)=/gm, await readFile('.env.example', 'utf8'));
  expect(configured).toContain('DATABASE_URL');
  expect(listed).toEqual(configured);
});

describe('the pages', () => {
  it('are each reached by links from README.md', async () => {
    expect(findOrphans(await readPages())).toEqual([]);
  });

  it('link to files and headings that exist', async () => {
    expect(findBrokenLinks(await readPages())).toEqual([]);
  });

  it('are found to be orphans, or to link to nothing, where they do', () => {
    const pages = [
      buildPage('README.md', '[a](docs/a.md) and `[code](docs/code.md)`\n```md\n[b](docs/b.md)\n```\n'),
      buildPage(
        'docs/a.md',
        '# The `first` heading\n[home](../README.md) [itself](#the-first-heading) [no](#no) [gone](gone.md)',
      ),
      buildPage('docs/b.md', '[c](c.md)'),
      buildPage('docs/c.md', '[b](b.md#nowhere)'),
    ];

    expect(findOrphans(pages)).toEqual(['docs/b.md', 'docs/c.md']);
    expect(findBrokenLinks(pages)).toEqual(['docs/a.md: #no', 'docs/a.md: gone.md', 'docs/c.md: b.md#nowhere']);
  });
});

function matches(pattern: RegExp, text: string): string[] {
  return [...new Set(Array.from(text.matchAll(pattern), ([, group = '']) => group))].sort();
}

function findOrphans(pages: readonly Page[]): readonly string[] {
  const reached = new Set(['README.md']);
  for (const path of reached)
    for (const link of pages.find((page) => page.path === path)?.links ?? []) reached.add(link.path);
  return pages.map(({ path }) => path).filter((path) => !reached.has(path));
}

function findBrokenLinks(pages: readonly Page[]): readonly string[] {
  const byPath = new Map(pages.map((page) => [page.path, page]));
  const isBroken = ({ path, anchor }: Page['links'][number]): boolean => {
    const page = byPath.get(path);
    if (!page) return !existsSync(path);
    return anchor !== undefined && !page.anchors.has(anchor);
  };
  return pages.flatMap(({ path, links }) => links.filter(isBroken).map(({ written }) => `${path}: ${written}`));
}
