import { describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { pageOf, readPages, type Page } from '../support/pages.js';

it('.env.example lists every environment variable of the configuration, and no other', async () => {
  const configured = matches(
    /^ {2}readonly ([A-Z][A-Z0-9_]*)\??:/gm,
    await readFile('src/shop/config/app-config.ts', 'utf8'),
  );
  const listed = matches(/^#?([A-Z][A-Z0-9_]*)=/gm, await readFile('.env.example', 'utf8'));
  expect(configured).toContain('DATABASE_URL');
  expect(listed).toEqual(configured);
});

describe('the pages', () => {
  it('are each reached by links from README.md', async () => {
    expect(orphansOf(await readPages())).toEqual([]);
  });

  it('link to files and headings that exist', async () => {
    expect(brokenLinksOf(await readPages())).toEqual([]);
  });

  it('are found to be orphans, or to link to nothing, where they do', () => {
    const pages = [
      pageOf('README.md', '[a](docs/a.md) and `[code](docs/code.md)`\n```md\n[b](docs/b.md)\n```\n'),
      pageOf(
        'docs/a.md',
        '# The `first` heading\n[home](../README.md) [itself](#the-first-heading) [no](#no) [gone](gone.md)',
      ),
      pageOf('docs/b.md', '[c](c.md)'),
      pageOf('docs/c.md', '[b](b.md#nowhere)'),
    ];

    expect(orphansOf(pages)).toEqual(['docs/b.md', 'docs/c.md']);
    expect(brokenLinksOf(pages)).toEqual(['docs/a.md: #no', 'docs/a.md: gone.md', 'docs/c.md: b.md#nowhere']);
  });
});

it.each([
  [
    'the size of a large ledger',
    'docs/guides/sizing.md',
    /5,000,000 events take ([\d.]+) GiB/,
    /\| Disk of the large ledger *\| ([\d.]+)/,
  ],
  [
    'requests a second on Express',
    'docs/guides/sizing.md',
    /Express, 50 connections *\| ([\d,]+)/,
    /\| Express, durable, requests a second *\| ([\d,]+)/,
  ],
  [
    'requests a second on Fastify',
    'docs/guides/sizing.md',
    /Fastify, 50 connections *\| ([\d,]+)/,
    /\| Fastify, durable, requests a second *\| ([\d,]+)/,
  ],
  [
    'events a second by record()',
    'docs/guides/sizing.md',
    /with sealing *\| ([\d,]+) events/,
    /\| `record\(\)` without HTTP[^|]*\| ([\d,]+)/,
  ],
  [
    'sealed events a second',
    'docs/guides/sizing.md',
    /the sequencer alone *\| ([\d,]+)/,
    /\| Sealing alone, events a second *\| ([\d,]+)/,
  ],
  [
    'verified events a second',
    'docs/guides/sizing.md',
    /`verify`, two threads *\| ([\d,]+)/,
    /\| Verifying, two threads, events a second *\| ([\d,]+)/,
  ],
  [
    'the memory of an export',
    'docs/guides/sizing.md',
    /An export takes at most (\d+) MiB/,
    /\| Memory of an export[^|]*\| (\d+)/,
  ],
  [
    'the memory of a verification',
    'docs/guides/sizing.md',
    /`verify` (\d+) MiB/,
    /\| Memory of a verification *\| (\d+)/,
  ],
])(
  'the figures of docs/reference/performance.md that other pages repeat %s in %s is what was measured, to a fifth',
  async (_name, page, said, measured) => {
    const [figure, truth] = await Promise.all([
      numberIn(page, said),
      numberIn('docs/reference/performance.md', measured),
    ]);
    expect(figure / truth).toBeGreaterThan(0.8);
    expect(figure / truth).toBeLessThan(1.2);
  },
);

function matches(pattern: RegExp, text: string): string[] {
  return [...new Set(Array.from(text.matchAll(pattern), ([, group = '']) => group))].sort();
}

async function numberIn(page: string, pattern: RegExp): Promise<number> {
  return Number(pattern.exec(await readFile(page, 'utf8'))?.[1]?.replaceAll(',', ''));
}

function orphansOf(pages: readonly Page[]): readonly string[] {
  const reached = new Set(['README.md']);
  for (const path of reached)
    for (const link of pages.find((page) => page.path === path)?.links ?? []) reached.add(link.path);
  return pages.map(({ path }) => path).filter((path) => !reached.has(path));
}

function brokenLinksOf(pages: readonly Page[]): readonly string[] {
  const byPath = new Map(pages.map((page) => [page.path, page]));
  const isBroken = ({ path, anchor }: Page['links'][number]): boolean => {
    const page = byPath.get(path);
    if (!page) return !existsSync(path);
    return anchor !== undefined && !page.anchors.has(anchor);
  };
  return pages.flatMap(({ path, links }) => links.filter(isBroken).map(({ written }) => `${path}: ${written}`));
}
