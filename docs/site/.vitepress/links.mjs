import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pagePath } from './pages.mjs';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const PAGE = /^(docs\/.+|(CHANGELOG|CONTRIBUTING|SECURITY))\.md$/;

/** Links between files of the repository become links between pages; other files are named, and not linked. */
export function fixLinks(md) {
  md.core.ruler.push('repository-links', ({ tokens, env }) => {
    for (const { children } of tokens) fixChildren(children ?? [], env.realPath ?? env.path);
  });
}

function fixChildren(tokens, file) {
  let unlinked = false;
  for (const token of tokens) {
    if (token.type === 'link_open') unlinked = !fixLink(token, file);
    if (!unlinked || !/^link_(open|close)$/.test(token.type)) continue;
    token.tag = 'span';
    token.attrs = null;
    if (token.type === 'link_open') token.type = 'span_open';
    else {
      token.type = 'span_close';
      unlinked = false;
    }
  }
}

/** Whether the link stays one. */
function fixLink(token, file) {
  const href = token.attrGet('href') ?? '';
  if (/^([a-z]+:|#|\/)/i.test(href)) return true;
  const [path = '', anchor] = href.split('#');
  const target = relative(ROOT, resolve(dirname(file), decodeURI(path)));
  const page = target === 'README.md' ? 'docs/README.md' : target;
  if (!PAGE.test(page)) return false;
  token.attrSet('href', join('/', pagePath(page)) + (anchor === undefined ? '' : `#${anchor}`));
  return true;
}
