import { describe } from '@jest/globals';
import { execFile } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { tempFolder } from '../../support/index.js';
import { describeJoining, describeMethods, TransactionScene } from '../../support/transaction-cases.js';
import { makeKysely, createPool, type MakeClient } from '../../support/transaction-clients.js';

const APPLICATION = join(import.meta.dirname, '../compat/clients');
const STEPS = [
  'npm install --prefer-offline --no-audit --no-fund --ignore-scripts --no-package-lock',
  // Prisma takes a pool for one only if its class is from the same copy of pg.
  `rm -rf node_modules/pg && ln -s '${resolve('node_modules/pg')}' node_modules/pg`,
  'PRISMA_SCHEMA_ENGINE_BINARY=/bin/true npx prisma generate',
  'npx tsc src/generated/client.ts --outDir generated --module nodenext --target es2022 --skipLibCheck --ignoreConfig',
];

/** What the tests use of Prisma's generated client. */
interface Prisma {
  $transaction(work: (transaction: object) => Promise<void>): Promise<void>;
  $executeRawUnsafe(sql: string): Promise<unknown>;
  $disconnect(): Promise<void>;
}

const folder = await tempFolder('audit-clients-');
await cp(APPLICATION, folder, { recursive: true });
await promisify(execFile)('bash', ['-euc', STEPS.join('\n')], { cwd: folder, timeout: 300_000 });

async function importFrom<Module>(path: string): Promise<Module> {
  return (await import(pathToFileURL(join(folder, path)).href)) as Module;
}

const kysely = await importFrom<Parameters<typeof makeKysely>[0]>('node_modules/kysely/dist/index.js');
const { PrismaClient } = await importFrom<{ PrismaClient: new (options: object) => Prisma }>('generated/client.js');
const { PrismaPg } = await importFrom<{ PrismaPg: new (pool: object) => object }>(
  'node_modules/@prisma/adapter-pg/dist/index.mjs',
);

const makePrisma: MakeClient = (connectionString, { Pool }) => {
  const pool = createPool(Pool, connectionString);
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

const clients = { Kysely: makeKysely(kysely), Prisma: makePrisma };

describe.each(Object.entries(clients))('%s, which needs a newer Node or a generator', (name, make) =>
  describeJoining(name, make, scene),
);
describeMethods(clients, scene);
