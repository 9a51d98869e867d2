/*
 * Follows docs/guides/quick-start.md: runs the commands of its blocks, in their order, with the packed library in place of
 * the published one, on fresh applications of each version of the Nest CLI. Needs the built package, and the registry or
 * npm's cache.
 *
 *   node test/long/compat/five-minutes.mjs [11] [12]
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Application, createDatabase, fail, forEachApplication, programs } from './application.mjs';

const ROOT = join(import.meta.dirname, '../../..');
const PAGE = 'docs/guides/quick-start.md';
const PAGE_ADDRESS = 'postgres://postgres:secret@localhost:5432/postgres';
const PAGE_URL = 'http://localhost:3000';
const START = 'NODE_ENV=development npm start';

const versions = process.argv.length > 2 ? process.argv.slice(2) : ['12', '11'];
const page = await readFile(join(ROOT, PAGE), 'utf8');
const blocks = Array.from(page.matchAll(/```bash\n([^]*?)```/g), ([, block]) => block.trim());
const shown = Array.from(page.matchAll(/```text\n([^]*?)```/g), ([, block]) => block.trim());
if (blocks.length !== 6 || shown.length !== 3) fail(`${PAGE} has other blocks than this script knows.`);
await forEachApplication(
  versions.map((version) => `Nest ${version}`),
  follow,
);

async function follow(name, { packed, cluster }) {
  const version = name.replace('Nest ', '');
  const folder = join(packed.folder, `nest-${version}`);
  const address = await createDatabase(cluster, `five_minutes_${version}`);
  const shop = await Application.in(join(folder, 'shop'), name, await programs(folder));
  const [create, migrate, start, request, verify, tamper] = blocks.map((block) =>
    block
      .replaceAll('@nestjs/cli@12', `@nestjs/cli@${version}`)
      .replaceAll('npm install nestjs-audit-ledger', `npm install ${packed.tarball}`)
      .replaceAll(PAGE_ADDRESS, address)
      .replaceAll(PAGE_URL, shop.url),
  );
  if (start !== START) fail(`${PAGE} starts the application by another command than ${START}.`);

  await shop.step(create, { cwd: folder });
  await shop.step(migrate);
  shop.start(START);
  try {
    await shop.until('the application answers', async () => (await fetch(`${shop.url}/none`)).status === 404);
    expectLike(shown[0], await shop.step(request));
    await shop.untilSealed();
    expectLike(shown[1], await shop.step(verify));
    const [change, ...check] = tamper.split('\n');
    await shop.step(change);
    expectLike(shown[2], await shop.step(check.join('\n'), { expected: 1 }));
    if (!(await fetch(`${shop.url}/audit/events`)).ok) fail('this computer may not read the ledger.');

    const again = await shop.step(create.split('\n').at(-1));
    if (!again.includes('Nothing to be done.')) fail(`a second nest add changes something:\n${again}`);
    await shop.step('npm test && npm run test:e2e');
  } finally {
    await shop.stop();
  }
}

/** Times, ids and addresses may differ, and warnings may precede the output. */
function expectLike(wanted, output) {
  if (!general(output).endsWith(general(wanted))) fail(`${PAGE} shows\n${wanted}\nbut the command prints\n${output}`);
}

function general(text) {
  return text
    .trim()
    .replace(/^warning: .*\n/gm, '')
    .replace(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g, 'ID')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replace(/(127\.0\.0\.1|::1)/g, 'ADDRESS')
    .replace(/ {2,}/g, ' ');
}
