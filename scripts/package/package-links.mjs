const FENCE = /(^|\n)```[^]*?\n```(?=\n|$)/g;
const REPOSITORY_ONLY = /(?<=\n)[^\n]* <!-- repository -->\n[^]*? <!-- \/repository -->\n\n?/g;
const REPOSITORY_MARKS = / <!-- \/?repository -->(?=\n)/g;
/** The README of a clone installs the clone's tarball; a package's README installs the package from the registry. */
const UNPUBLISHED = /(?<=\n)(?:Not on npm yet[.] [^\n]*\n\n|npm run package [^\n]*\n)/g;
const TARBALL = /\S*\/nestjs-audit-ledger-[\d.]+\.tgz/g;
const LINK = /(!?)\[((?:[^\][]|\[[^\]]*\])*)\]\(([^()\s]+)\)/g;

/** If the address is known, links lead to the repository at the tag. Otherwise, links become text. */
export function packLinks(text, { url, tag }) {
  const shown = text
    .replace(url === undefined ? REPOSITORY_ONLY : REPOSITORY_MARKS, '')
    .replace(UNPUBLISHED, '')
    .replace(TARBALL, 'nestjs-audit-ledger');
  let from = 0;
  let out = '';
  for (const fence of shown.matchAll(FENCE)) {
    out += packProse(shown.slice(from, fence.index), { url, tag }) + fence[0];
    from = fence.index + fence[0].length;
  }
  return out + packProse(shown.slice(from), { url, tag });
}

function packProse(text, { url, tag }) {
  return text.replace(LINK, (whole, image, label, target) => {
    if (/^([a-z]+:|#)/i.test(target)) return whole;
    const [path, anchor] = target.split('#');
    if (url === undefined) return image === '' ? label : '';
    const hash = anchor === undefined ? '' : `#${anchor}`;
    return `${image}[${label}](${url}/${image === '' ? 'blob' : 'raw'}/${tag}/${path}${hash})`;
  });
}
