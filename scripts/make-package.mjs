// With --release, refuses a package that names no repository, or a repository other than the workflow's repository.
import { cp, readFile, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { packLibrary } from './pack.mjs';
import { repositoryUrl } from './package/repository-url.mjs';

const { values } = parseArgs({ options: { release: { type: 'boolean', default: false } } });
if (values.release) refuseUnknown(repositoryUrl(JSON.parse(await readFile('package.json', 'utf8')), process.env));
const { folder, tarball } = await packLibrary();
await cp(tarball, basename(tarball));
await rm(folder, { recursive: true, force: true });
console.log(basename(tarball));

/** Provenance names the workflow's repository, so the registry would refuse a package that names another repository. */
function refuseUnknown(url) {
  const { GITHUB_SERVER_URL: server = '', GITHUB_REPOSITORY: name = '' } = process.env;
  if (url === undefined) {
    fail('Cannot make a release: the address of the repository is unknown. Set "repository" in package.json.');
  }
  if (url.toLowerCase() !== `${server}/${name}`.toLowerCase()) {
    fail(`Cannot make a release: package.json names ${url}, and the workflow runs in ${server}/${name}.`);
  }
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
