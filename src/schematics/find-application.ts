import { posix } from 'node:path';
import { readText, type Tree } from './tree.js';

/** Facts about an application, which are read from the application's files. */
export interface Application {
  /** The folder that contains the application's source. */
  readonly sourceRoot: string;
  /** The file that starts the application. */
  readonly main: string;
  readonly name: string;
  readonly nestMajor: string;
  readonly platform: 'Express' | 'Fastify';
  readonly modules: 'CommonJS' | 'ES modules';
  /** A key of {@link ORMS}. */
  readonly orm: string | undefined;
  /** Whether the application makes pools or clients of pg, itself or by an ORM. */
  readonly usesPg: boolean;
  readonly testRunner: 'Jest' | 'Vitest' | undefined;
  /** Whether the application already has code that reads `.env`. */
  readonly readsEnv: boolean;
  /** Whether the installed types of Node include `util.parseEnv()`. */
  readonly hasParseEnv: boolean;
  readonly packages: Readonly<Record<string, string>>;
}

interface NestConfiguration {
  readonly sourceRoot?: string;
  readonly entryFile?: string;
  readonly projects?: Readonly<Record<string, { readonly sourceRoot?: string; readonly entryFile?: string }>>;
}

interface Manifest {
  readonly name?: string;
  readonly type?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** The clients of PostgreSQL that `nest add` recognises. */
export const ORMS: Readonly<
  Record<string, { readonly packages: readonly string[]; readonly transactions?: string; readonly pool: string }>
> = {
  TypeORM: { packages: ['typeorm', '@nestjs/typeorm'], pool: 'extra: { Client }' },
  Prisma: {
    packages: ['@prisma/client', 'prisma'],
    transactions: '(work) => prisma.$transaction(work)',
    pool: 'new PrismaPg(new Pool({ connectionString }))',
  },
  Drizzle: {
    packages: ['drizzle-orm'],
    transactions: '(work) => db.transaction(work)',
    pool: 'drizzle(new Pool({ connectionString }))',
  },
  MikroORM: {
    packages: ['@mikro-orm/core'],
    transactions: '(work) => orm.em.fork().transactional(work)',
    pool: 'driverOptions: () => new PostgresDialect({ pool: new Pool({ connectionString }) })',
  },
  Kysely: {
    packages: ['kysely'],
    transactions: '(work) => db.transaction().execute(work)',
    pool: 'new PostgresDialect({ pool: new Pool({ connectionString }) })',
  },
  Sequelize: {
    packages: ['sequelize'],
    transactions: '(work) => sequelize.transaction(work)',
    pool: 'dialectModule: { ...pg, Client, Pool }',
  },
  Knex: {
    packages: ['knex'],
    transactions: '(work) => knex.transaction(work)',
    pool: 'knex.client.driver = { ...pg, Client }',
  },
};

/** Finds the application. @param requested the folder of the source; default: the folder in nest-cli.json */
export function findApplication(tree: Tree, requested: string | undefined): Application {
  const configuration = parseJson(readText(tree, '/nest-cli.json')) as NestConfiguration;
  const manifest = parseJson(readText(tree, '/package.json')) as Manifest;
  const packages = { ...manifest.devDependencies, ...manifest.dependencies };
  const sourceRoot = posix.normalize(requested ?? configuration.sourceRoot ?? 'src').replace(/\/$/, '');
  const project = Object.values(configuration.projects ?? {}).find((each) => each.sourceRoot === sourceRoot);
  const entry = project?.entryFile ?? configuration.entryFile ?? 'main';
  const main = `/${posix.join(sourceRoot, entry)}.ts`;
  const has = (name: string): boolean => packages[name] !== undefined;
  const startsFastify = readText(tree, main)?.includes('FastifyAdapter') === true;
  return {
    sourceRoot,
    main,
    name: manifest.name ?? 'application',
    nestMajor: parseMajorVersion(packages['@nestjs/common'] ?? packages['@nestjs/core']) ?? '12',
    platform: startsFastify ? 'Fastify' : 'Express',
    modules: manifest.type === 'module' ? 'ES modules' : 'CommonJS',
    orm: Object.keys(ORMS).find((orm) => ORMS[orm]?.packages.some(has)),
    usesPg: ['pg', ...Object.values(ORMS).flatMap(({ packages: names }) => names)].some(has),
    testRunner: has('vitest') ? 'Vitest' : has('jest') ? 'Jest' : undefined,
    readsEnv: ['@nestjs/config', 'dotenv', 'dotenv-cli', 'dotenv-expand', 'env-cmd'].some(has),
    hasParseEnv: Number(parseMajorVersion(packages['@types/node']) ?? '20') >= 20,
    packages,
  };
}

/** Parses a JSON file. Returns an empty object for a missing or invalid file. */
export function parseJson(text: string | undefined): object {
  try {
    return Object(JSON.parse(text ?? '{}')) as object;
  } catch {
    return {};
  }
}

/** Returns the TypeScript file of a relative import. */
export function importedFile(importer: string, from: string): string {
  return `${posix.join(posix.dirname(importer), from).replace(/\.[jt]s$/, '')}.ts`;
}

function parseMajorVersion(range: string | undefined): string | undefined {
  return /\d+/.exec(range ?? '')?.[0];
}
