/*
 * Runs `nest add nestjs-audit-ledger`, from the packed library, in applications of several kinds, each made by its own
 * generator. Each is then migrated and started, and its event is found and verified; its own tests pass before and after. A
 * second `nest add` changes nothing. Needs the built package, and the registry or npm's cache.
 *
 *   node test/compat/nest-add.mjs [name of an application …]
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Application, createDatabase, fail, forEachApplication, programs } from './application.mjs';

const ADDED = 'Added nestjs-audit-ledger';

const nest = (major, options = '') =>
  `npx @nestjs/cli@${major} new shop --package-manager npm --skip-install ${options}`;

/**
 * An application: the commands that make it, what else is done to it in its folder, and where that is not as npm and the
 * CLI have it, how the library is installed, added, and the application started and tested.
 */
const APPLICATIONS = {
  'nest-12-express': { make: nest(12), found: 'Nest 12, Express, ES modules, Vitest' },
  'nest-12-fastify': {
    make: nest(12),
    prepare: [useFastify, 'npm install @nestjs/platform-fastify@12'],
    found: 'Nest 12, Fastify, ES modules, Vitest',
    // Its end-to-end test, as generated, starts the application with Express.
    test: 'npm test',
  },
  'nest-11-commonjs': { make: nest(11), found: 'Nest 11, Express, CommonJS, Jest' },
  'nest-12-typeorm-1': {
    make: nest(12),
    prepare: [useTypeOrm, 'npm install @nestjs/typeorm@12 @nestjs/config typeorm@1 dotenv pg'],
    request: { path: '/orders', method: 'POST' },
    event: 'create',
    found: 'Nest 12, Express, ES modules, TypeORM, Vitest',
  },
  'nest-11-typeorm-0.3': {
    make: nest(11),
    prepare: [useTypeOrm, 'npm install @nestjs/typeorm@11 @nestjs/config@4 typeorm@0.3 dotenv pg'],
    request: { path: '/orders', method: 'POST' },
    event: 'create',
    found: 'Nest 11, Express, CommonJS, TypeORM, Jest',
  },
  'npm-monorepo': {
    make: nest(12),
    prepare: [
      'npm install',
      'npx nest generate app admin',
      // As the CLI says when it first builds a monorepo.
      'npm install --save-dev @rspack/core webpack-node-externals tsconfig-paths-webpack-plugin',
    ],
    add: '--project admin',
    start: 'npx nest start admin',
    found: 'Nest 12, Express, ES modules, Vitest',
  },
  'pnpm-workspace': {
    make: `npm install --prefix tools pnpm@10
ln -s ../tools/node_modules/.bin/pnpm bin/pnpm
printf 'packages:\\n  - apps/*\\n' > pnpm-workspace.yaml
npx @nestjs/cli@12 new shop --package-manager pnpm --skip-install --skip-git --directory apps/shop`,
    prepare: ['pnpm install'],
    folder: 'apps/shop',
    install: 'pnpm add',
    found: 'Nest 12, Express, ES modules, Vitest',
  },
};

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(APPLICATIONS);
await forEachApplication(names, add);

async function add(name, { packed, cluster }) {
  const { make, prepare = [], folder = 'shop', install = 'npm install', found, ...own } = APPLICATIONS[name];
  const {
    start = 'npm start',
    test = 'npm test && npm run test:e2e',
    request = { path: '/' },
    event = 'get_hello',
  } = own;
  const room = join(packed.folder, name);
  const address = await createDatabase(cluster, name.replaceAll(/\W/g, '_'));
  const app = await Application.in(join(room, folder), name, await programs(room));
  await app.step(make, { cwd: room });
  for (const step of prepare) await (typeof step === 'string' ? app.step(step) : step(app.folder, address));

  await app.step(`${install} ${packed.tarball}`);
  await app.step(test);
  const nestAdd = `npx nest add nestjs-audit-ledger --skip-install ${own.add ?? ''} --database-url=${address}`;
  const said = await app.step(nestAdd);
  if (!said.includes(`${ADDED} (${found})`)) fail(`nest add found another application than ${found}:\n${said}`);
  if (said.includes('by hand')) fail(`nest add left something to do by hand:\n${said}`);

  await app.step('npx nestjs-audit-ledger migrate --schema audit');
  app.start(start);
  try {
    await app.until('the application answers', async () => (await fetch(app.url)).ok);
    const { path, ...options } = request;
    const answer = await fetch(app.url + path, options);
    if (!answer.ok) fail(`the request ended with ${answer.status}: ${await answer.text()}`);
    await app.untilSealed();
    const types = (await app.events()).map(({ type }) => type);
    if (!types.includes(event)) fail(`the event ${event} is not among ${types.join(', ')}`);
    await app.step('npx nestjs-audit-ledger verify');
    const again = await app.step(nestAdd);
    if (!again.includes('Nothing to be done.')) fail(`a second nest add changes something:\n${again}`);
    await app.step(test);
  } finally {
    await app.stop();
  }
}

async function useFastify(folder) {
  const file = join(folder, 'src/main.ts');
  const main = await readFile(file, 'utf8');
  const changed = `import { FastifyAdapter } from '@nestjs/platform-fastify';\n${main}`.replace(
    'NestFactory.create(AppModule)',
    'NestFactory.create(AppModule, new FastifyAdapter())',
  );
  await writeFile(file, changed);
}

/** An application with TypeORM and `.env`. In CommonJS, imports have no ending. */
async function useTypeOrm(folder, address) {
  const source = join(import.meta.dirname, 'nest-add/typeorm/src');
  const { type } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  for (const name of await readdir(source)) {
    const text = await readFile(join(source, name), 'utf8');
    await writeFile(join(folder, 'src', name), type === 'module' ? text : text.replaceAll(".js'", "'"));
  }
  await writeFile(join(folder, '.env'), `DATABASE_URL=${address}\n`);
}
