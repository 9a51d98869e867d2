import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pagePath } from './pages.mjs';

/** Writes llms.txt, an index of the guides and references, llms-full.txt, their texts, and each page as Markdown (llmstxt.org). */
export async function writeTextsForModels({ outDir, pages, srcDir, site }) {
  const files = pages.filter((file) => /^docs\/(?!(adr|site)\/)/.test(file)).sort();
  const texts = await Promise.all(
    files.map(async (file) => ({ page: pagePath(file), text: await readFile(join(srcDir, file), 'utf8') })),
  );
  const bare = files.filter((_, index) => readTitle(texts[index].text) === '' || readSummary(texts[index].text) === '');
  if (bare.length > 0)
    throw new Error(`Cannot list ${bare.join(', ')} in llms.txt: begin with a title and a sentence.`);
  const lines = texts.map(
    ({ page, text }) => `- [${readTitle(text).replaceAll('`', '')}](${site.base}${page}): ${readSummary(text)}`,
  );
  await writeFile(
    join(outDir, 'llms.txt'),
    `# ${site.title}\n\n> ${site.description}\n\n## Docs\n\n${lines.join('\n')}\n`,
  );
  await writeFile(join(outDir, 'llms-full.txt'), texts.map(({ text }) => text).join('\n\n'));
  await Promise.all(texts.map(({ page, text }) => writeFile(join(outDir, page), text)));
}

function readTitle(text) {
  return /^# (.+)$/m.exec(text)?.[1] ?? '';
}

/** The first sentence of prose. */
function readSummary(text) {
  const prose = text.split('\n\n').find((part) => /^(?!```)[A-Z*`[]/.test(part)) ?? '';
  return (/^.*?[.:](?=\s|$)/s.exec(prose)?.[0] ?? prose).replaceAll('\n', ' ').replaceAll(/\]\([^)]*\)|[*[]/g, '');
}
