import { describe } from '@jest/globals';
import { execFile } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { tempFolder } from '../../support/index.js';
import { describeJoining, describeMethods, TransactionScene } from '../../support/transaction-cases.js';
import { makeKysely, poolOf, type MakeClient } from '../../support/transaction-clients.js';

const APPLICATIONS = join(import.meta.dirname, '../compat');
const INSTALL = 'npm install --prefer-offline --no-audit --no-fund --ignore-scripts --no-package-lock';
/** Prisma takes a pool for one only if its class is from the same copy of pg. */
const LINK = `rm -rf node_modules/pg && ln -s '${resolve('node_modules/pg')}' node_modules/pg`;
const run = promisify(execFile);

/** What the tests use of Prisma's generated client. */
interface Prisma {
  $transaction(work: (transaction: object) => Promise<void>): Promise<void>;
  $executeRawUnsafe(sql: string): Promise<unknown>;
  $disconnect(): Promise<void>;
}

/** Installs the packages of an application of test/long/compat, with the pg of this one. Returns its folder. */
async function install(application: string, more = 'true'): Promise<string> {
  const folder = await tempFolder(`audit-${application}-`);
  await cp(join(APPLICATIONS, application), folder, { recursive: true });
  await run('bash', ['-euc', `${INSTALL} && ${LINK} && ${more}`], { cwd: folder, timeout: 180_000 });
  return folder;
}

async function importFrom<Module>(...path: readonly string[]): Promise<Module> {
  return (await import(pathToFileURL(join(...path)).href)) as Module;
}

const kyselyFolder = await install('kysely');
const kysely = await importFrom<Parameters<typeof makeKysely>[0]>(kyselyFolder, 'node_modules/kysely/dist/index.js');
const generate = 'PRISMA_SCHEMA_ENGINE_BINARY=/bin/true npx prisma generate && npx tsc src/generated/client.ts';
const flags = '--outDir generated --module nodenext --target es2022 --skipLibCheck --ignoreConfig';
const prismaFolder = await install('prisma-7', `${generate} ${flags}`);
const { PrismaClient } = await importFrom<{ PrismaClient: new (options: object) => Prisma }>(
  prismaFolder,
  'generated/client.js',
);
const { PrismaPg } = await importFrom<{ PrismaPg: new (pool: object, options?: object) => object }>(
  prismaFolder,
  'node_modules/@prisma/adapter-pg/dist/index.mjs',
);

const makePrisma: MakeClient = (connectionString, { Pool }) => {
  const pool = poolOf(Pool, connectionString);
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) });
  return {
    transact: (work) => prisma.$transaction(work),
    run: (tx, text) => (tx as Prisma).$executeRawUnsafe(text),
    idle: prisma,
    end: async () => {
      await prisma.$disconnect();
      await pool.end();
    },
  };
};

const scene = await TransactionScene.open();

describe.each([
  ['Kysely', makeKysely(kysely)],
  ['Prisma', makePrisma],
])('%s, which needs a newer Node or a generator', (name, make) => {
  describeJoining(name, make, scene);
  describeMethods(make, scene);
});
