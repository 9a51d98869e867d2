import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fail, freePort } from './application.mjs';

const nest = (major, options = '') =>
  `npx @nestjs/cli@${major} new shop --package-manager npm --skip-install ${options}`;

const PNPM = `npm install --prefix tools pnpm@10
ln -s ../tools/node_modules/.bin/pnpm bin/pnpm
printf 'packages:\\n  - apps/*\\n' > pnpm-workspace.yaml`;
/** The application's own linter, ESLint or oxlint, without the repairs that its script may make, and its own Prettier. */
const LINT = `npx prettier --check src
if [ -e eslint.config.mjs ]; then npx eslint src; else npx oxlint --type-aware src; fi`;
const FORMAT = 'npx prettier --write src';
const ORDER = { request: { path: '/orders', method: 'POST' }, event: 'create' };

/** The newest commit of brocoders/nestjs-boilerplate that this was tried with. MIT. */
const BOILERPLATE = {
  repository: 'https://github.com/brocoders/nestjs-boilerplate.git',
  commit: '9620f159eefe38f47747d02ab162852367c5472c',
};

/**
 * `passes` is what an application's own tests print. rocketadmin's backend is absent: its licence (BSL 1.1) allows no production use by
 * others. `nest-11-modules-pnpm` is of its kind: Nest 11, ES modules, TypeORM 1, a pnpm workspace.
 */
export const APPLICATIONS = {
  'nest-12-express': { make: nest(12), lint: LINT, found: 'Nest 12, Express, ES modules, Vitest' },
  'nest-12-fastify': {
    make: nest(12),
    prepare: [useFastify, 'npm install @nestjs/platform-fastify@12'],
    found: 'Nest 12, Fastify, ES modules, Vitest',
    // Its end-to-end test, as generated, starts the application with Express.
    test: 'npm test',
  },
  'nest-11-commonjs': { make: nest(11), lint: LINT, found: 'Nest 11, Express, CommonJS, Jest' },
  'nest-12-typeorm-1': {
    make: nest(12),
    lint: LINT,
    prepare: [useTypeOrm, 'npm install @nestjs/typeorm@12 @nestjs/config typeorm@1 dotenv pg', FORMAT],
    ...ORDER,
    found: 'Nest 12, Express, ES modules, TypeORM, Vitest',
  },
  'nest-11-typeorm-0.3': {
    make: nest(11),
    lint: LINT,
    prepare: [useTypeOrm, 'npm install @nestjs/typeorm@11 @nestjs/config@4 typeorm@0.3 dotenv pg', FORMAT],
    ...ORDER,
    found: 'Nest 11, Express, CommonJS, TypeORM, Jest',
  },
  'nest-11-modules-pnpm': {
    make: `${PNPM}
npx @nestjs/cli@11 new shop --package-manager pnpm --skip-install --skip-git --directory apps/shop`,
    prepare: [useModules, useTypeOrm, 'pnpm add @nestjs/typeorm@11 @nestjs/config@4 typeorm@1 dotenv pg'],
    folder: 'apps/shop',
    install: 'pnpm add',
    ...ORDER,
    found: 'Nest 11, Express, ES modules, TypeORM, Jest',
    // Its end-to-end test has a configuration of its own, for CommonJS.
    test: 'NODE_OPTIONS=--experimental-vm-modules npm test',
  },
  'npm-monorepo': {
    make: nest(12),
    prepare: [
      'npm install',
      'npx nest generate app admin',
      // The CLI asks for these packages when it first builds a monorepo.
      'npm install --save-dev @rspack/core webpack-node-externals tsconfig-paths-webpack-plugin',
    ],
    add: '--project admin',
    start: 'npx nest start admin',
    found: 'Nest 12, Express, ES modules, Vitest',
  },
  'pnpm-workspace': {
    make: `${PNPM}
npx @nestjs/cli@12 new shop --package-manager pnpm --skip-install --skip-git --directory apps/shop`,
    prepare: ['pnpm install'],
    folder: 'apps/shop',
    install: 'pnpm add',
    found: 'Nest 12, Express, ES modules, Vitest',
  },
  'brocoders-boilerplate': {
    clones: BOILERPLATE,
    make: `npm install --prefix tools maildev@2.0.5
git -C shop checkout --quiet ${BOILERPLATE.commit}`,
    prepare: ['npm ci --ignore-scripts', useOwnSettings, 'npm run migration:run && npm run seed:run:relational'],
    start: '(set -a && . ./.env && exec ../tools/node_modules/.bin/maildev) & npm run build && npm run start:prod',
    test: 'npm run test:e2e -- --runInBand',
    passes: '20 passed, 20 total',
    isTestedRunning: true,
    decorate: useAudited,
    event: 'user_login_success',
    found: 'Nest 11, Express, CommonJS, TypeORM, Jest',
  },
};

async function useFastify({ folder }) {
  const file = join(folder, 'src/main.ts');
  const main = await readFile(file, 'utf8');
  const changed = `import { FastifyAdapter } from '@nestjs/platform-fastify';\n${main}`.replace(
    'NestFactory.create(AppModule)',
    'NestFactory.create(AppModule, new FastifyAdapter())',
  );
  await writeFile(file, changed);
}

/** In CommonJS, imports have no file extension. */
async function useTypeOrm({ folder }, address) {
  const source = join(import.meta.dirname, 'nest-add/typeorm/src');
  const { type } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  for (const name of await readdir(source)) {
    const text = await readFile(join(source, name), 'utf8');
    await writeFile(join(folder, 'src', name), type === 'module' ? text : text.replaceAll(".js'", "'"));
  }
  await writeFile(join(folder, '.env'), `DATABASE_URL=${address}\n`);
}

async function useModules({ folder }) {
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const jest = {
    ...manifest.jest,
    transform: { '^.+\\.ts$': ['ts-jest', { useESM: true }] },
    extensionsToTreatAsEsm: ['.ts'],
    moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  };
  await writeFile(join(folder, 'package.json'), JSON.stringify({ ...manifest, type: 'module', jest }, null, 2));
  const main = join(folder, 'src/main.ts');
  await writeFile(main, (await readFile(main, 'utf8')).replace("'./app.module'", "'./app.module.js'"));
}

/** The application's example file names the settings; the values are those of this run's servers. */
async function useOwnSettings({ folder, url }, address) {
  const { hostname, port, username, password, pathname } = new URL(address);
  const own = {
    APP_PORT: new URL(url).port,
    DATABASE_HOST: hostname,
    DATABASE_PORT: port,
    DATABASE_USERNAME: username,
    DATABASE_PASSWORD: password,
    DATABASE_NAME: pathname.slice(1),
    MAIL_HOST: 'localhost',
    MAIL_PORT: await freePort(),
    MAIL_CLIENT_PORT: await freePort(),
  };
  // maildev gives the two ports these names.
  const ports = { MAILDEV_SMTP_PORT: own.MAIL_PORT, MAILDEV_WEB_PORT: own.MAIL_CLIENT_PORT };
  const given = await readFile(join(folder, 'env-example-relational'), 'utf8');
  const settings = given.replaceAll(/^(\w+)=.*$/gm, (line, name) => (name in own ? `${name}=${own[name]}` : line));
  const more = Object.entries(ports).map((pair) => pair.join('='));
  await writeFile(join(folder, '.env'), `${settings}\n${more.join('\n')}\n`);
}

/** The root module has no controller, so the developer decorates the log-in route, as `nest add` advises. */
async function useAudited({ folder }) {
  const file = join(folder, 'src/auth/auth.controller.ts');
  const text = await readFile(file, 'utf8');
  const login = "  @Post('email/login')\n";
  if (!text.includes(login)) fail('the boilerplate has no route to log in where it was');
  const changed = text.replace(login, `${login}  @Audited('user_login')\n`);
  await writeFile(file, `import { Audited } from 'nestjs-audit-ledger';\n${changed}`);
}
