/** Where the site has a file of the repository, by its path below the root. */
export function pagePath(file) {
  if (file === 'docs/README.md') return 'index.md';
  if (file.startsWith('docs/site/api/')) return file.slice('docs/site/'.length);
  if (file.startsWith('docs/')) return file.slice('docs/'.length);
  return file.toLowerCase();
}
