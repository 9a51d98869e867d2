import { posix } from 'node:path';

const FENCE = /(^|\n)```[^]*?\n```(?=\n|$)/g;
const REPOSITORY_ONLY = /(?<=\n)[^\n]* <!-- repository -->\n[^]*? <!-- \/repository -->\n\n?/g;
const REPOSITORY_MARKS = / <!-- \/?repository -->(?=\n)/g;
const LINK = /(!?)\[((?:[^\][]|\[[^\]]*\])*)\]\(([^()\s]+)\)/g;

/**
 * A Markdown file of the repository, as the package has it: each link leads somewhere, wherever the file is read. With an address,
 * links lead to the repository at the tag; without one, links to files of the package stay and others become text.
 *
 * @param file its path in the repository
 * @param packed the paths of all files of the package
 * @param url the address of the repository, if it is known
 */
export function packLinks(text, { file, packed, url, tag }) {
  const shown = text.replace(url === undefined ? REPOSITORY_ONLY : REPOSITORY_MARKS, '');
  let from = 0;
  let out = '';
  for (const fence of shown.matchAll(FENCE)) {
    out += packProse(shown.slice(from, fence.index), { file, packed, url, tag }) + fence[0];
    from = fence.index + fence[0].length;
  }
  return out + packProse(shown.slice(from), { file, packed, url, tag });
}

function packProse(text, { file, packed, url, tag }) {
  return text.replace(LINK, (whole, image, label, target) => {
    if (/^([a-z]+:|#)/i.test(target)) return whole;
    const [path, anchor] = target.split('#');
    const place = posix.join(posix.dirname(file), path);
    // What a registry shows has no neighbours.
    const isShownAlone = /^(README|CHANGELOG)\.md$/.test(file);
    if (packed.has(place) && !(isShownAlone && url !== undefined)) return whole;
    if (url === undefined) return image === '' ? label : '';
    const hash = anchor === undefined ? '' : `#${anchor}`;
    return `${image}[${label}](${url}/${image === '' ? 'blob' : 'raw'}/${tag}/${place}${hash})`;
  });
}
