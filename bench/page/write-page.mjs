import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import * as prettier from 'prettier';
import { readLatest, readNewer } from '../results.mjs';
import { makePage } from './make-page.mjs';

const PAGE = fileURLToPath(new URL('../../docs/reference/performance.md', import.meta.url));

/**
 * Writes docs/reference/performance.md from the latest result on Node 20, or only compares it.
 *
 * @throws Error if the page is not what the result makes of it
 */
export async function writePage({ check }) {
  const options = { ...(await prettier.resolveConfig(PAGE)), parser: 'markdown' };
  const text = await prettier.format(makePage(await readLatest(), await readNewer()), options);
  if (!check) return writeFile(PAGE, text);
  if ((await readFile(PAGE, 'utf8')) !== text) {
    throw new Error(
      'docs/reference/performance.md does not match bench/results. Run `npm run bench -- --docs` and commit the result.',
    );
  }
}
