/*
 * Runs `nest add nestjs-audit-ledger`, from the packed library, in applications of several kinds, each made by its own
 * generator. Each is then migrated and started, and its event is found and verified; its own tests pass before and after. A
 * second `nest add` changes nothing. Needs the built package, and the registry or npm's cache.
 *
 *   node test/long/compat/nest-add.mjs [name of an application …]
 */
import { join } from 'node:path';
import { Application, createDatabase, fail, forEachApplication, programs } from './application.mjs';
import { APPLICATIONS } from './nest-add-kinds.mjs';

const ADDED = 'Added nestjs-audit-ledger';

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(APPLICATIONS);
await forEachApplication(names, add);

async function add(name, { packed, cluster }) {
  const { clones, make, prepare = [], folder = 'shop', install = 'npm install', found, ...own } = APPLICATIONS[name];
  const {
    start = 'npm start',
    test = 'npm test && npm run test:e2e',
    request = { path: '/' },
    event = 'get_hello',
  } = own;
  const parent = join(packed.folder, name);
  const address = await createDatabase(cluster, name.replaceAll(/\W/g, '_'));
  const app = await Application.in(join(parent, folder), name, await programs(parent));
  if (clones !== undefined && !(await isCloned(app, clones, parent))) return;
  await app.step(make, { cwd: parent });
  for (const step of prepare) await (typeof step === 'string' ? app.step(step) : step(app, address));

  if (own.isTestedRunning) {
    app.start(start);
    try {
      await untilAnswers(app);
      await runTests(app, test, own);
    } finally {
      await app.stop();
    }
  }
  await app.step(`${install} ${packed.tarball}`);
  if (!own.isTestedRunning) await runTests(app, test, own);
  const nestAdd = `npx nest add nestjs-audit-ledger --skip-install ${own.add ?? ''} --database-url=${address}`;
  const said = await app.step(nestAdd);
  if (!said.includes(`${ADDED} (${found})`)) fail(`nest add found another application than ${found}:\n${said}`);
  if (said.includes('by hand')) fail(`nest add left something to do by hand:\n${said}`);
  await own.decorate?.(app);
  if (own.lint !== undefined) await app.step(own.lint);

  await app.step('npx nestjs-audit-ledger migrate --schema audit');
  app.start(`NODE_ENV=development ${start}`);
  try {
    await untilAnswers(app);
    if (own.isTestedRunning) {
      await runTests(app, test, own);
    } else {
      const { path, ...options } = request;
      const answer = await fetch(app.url + path, options);
      if (!answer.ok) fail(`the request ended with ${answer.status}: ${await answer.text()}`);
    }
    await app.untilSealed();
    const types = (await app.events()).map(({ type }) => type);
    if (!types.includes(event)) fail(`the event ${event} is not among ${types.join(', ')}`);
    await app.step('npx nestjs-audit-ledger verify');
    if (!(await fetch(`${app.url}/audit/ui`)).ok) fail('the viewer is not at /audit/ui');
    const again = await app.step(nestAdd);
    if (!again.includes('Nothing to be done.')) fail(`a second nest add changes something:\n${again}`);
    if (!own.isTestedRunning) await runTests(app, test, own);
  } finally {
    await app.stop();
  }
}

async function runTests(app, test, { passes = '' }) {
  const said = await app.step(test);
  if (!said.includes(passes)) fail(`its own tests do not say ${passes}:\n${said}`);
}

async function untilAnswers(app) {
  await app.until('the application answers', async () => (await fetch(app.url)).ok);
}

/** Where the repository cannot be reached, a run of all applications leaves it out. A run that names it fails, and so does GitHub's. */
async function isCloned(app, { repository }, parent) {
  try {
    await app.step(`git clone --quiet ${repository} shop`, { cwd: parent });
    return true;
  } catch (error) {
    if (process.argv.includes(app.name) || process.env.GITHUB_ACTIONS) throw error;
    console.log(`${app.name}: LEFT OUT, it needs ${repository}. ${error.message}`);
    return false;
  }
}
