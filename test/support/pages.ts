import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface Page {
  readonly path: string;
  readonly text: string;
  readonly anchors: ReadonlySet<string>;
  readonly links: readonly Link[];
}

interface Link {
  readonly written: string;
  readonly path: string;
  readonly anchor: string | undefined;
}

/** Skips the site's sources. */
export async function readPages(): Promise<readonly Page[]> {
  const isPage = (path: string): boolean => path.endsWith('.md') && !path.startsWith('docs/site/');
  const docs = await readdir('docs', { recursive: true });
  const paths = [...(await readdir('.')), ...docs.map((path) => join('docs', path))].filter(isPage);
  return Promise.all(paths.map(async (path) => buildPage(path, await readFile(path, 'utf8'))));
}

export function buildPage(path: string, text: string): Page {
  const prose = text.replace(/^ *```[^]*?^ *```/gm, '');
  const links = Array.from(prose.replace(/`[^`\n]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g), ([, target = '']) => target);
  return {
    path,
    text,
    anchors: new Set(Array.from(prose.matchAll(/^#{1,6} +(.+)$/gm), ([, heading = '']) => toAnchor(heading))),
    links: links.filter((target) => !/^[a-z]+:/.test(target)).map((target) => resolveLink(path, target)),
  };
}

function resolveLink(from: string, written: string): Link {
  const [file = '', anchor] = written.split('#');
  return { written, path: file === '' ? from : join(dirname(from), file), anchor };
}

function toAnchor(heading: string): string {
  const shown = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
  return shown.replace(/[^\p{L}\p{N}\p{M} _-]/gu, '').replace(/ /g, '-');
}
