import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pagePath } from './pages.mjs';

const LINK = /\[([^\]]+)\]\(((?!https?:)[^)#]+\.md)\)/g;

/** The sections of docs/README.md with the pages that they link, and the API. */
export function readSidebar(root) {
  const index = readFileSync(new URL('docs/README.md', root), 'utf8');
  const sections = index.split(/^#{2,3} /m).slice(1);
  return [
    ...sections.map((section) => {
      const text = section.slice(0, section.indexOf('\n'));
      const items = [...section.matchAll(LINK)].map(([, title, file]) => ({
        text: title.replaceAll('`', ''),
        link: '/' + pagePath(join('docs', file)).replace(/\.md$/, ''),
      }));
      return { text, items };
    }),
    ...readApi(root),
  ];
}

/** What TypeDoc lists, where it ran. */
function readApi(root) {
  const index = new URL('docs/site/api/index.md', root);
  if (!existsSync(index)) return [];
  const items = [...readFileSync(index, 'utf8').matchAll(LINK)].map(([, text, file]) => ({
    text,
    link: '/api/' + file.replace(/(index)?\.md$/, ''),
  }));
  return [{ text: 'API', items }];
}
