import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { posix } from 'node:path';
import { addSettings, isSet, type AddedAddress } from './add-settings.js';
import { loadTypeScript, Source, type DecoratedRoute, type TypeScript } from './edit-source.js';
import { findApplication, importedFile, ORMS, parseJson, type Application } from './find-application.js';
import { ACCESS_FILE, renderOptionsFile, renderPgFile } from './new-files.js';
import { readText, write, type SchematicContext, type Tree } from './tree.js';

/** The options of `nest add nestjs-audit-ledger`, as `nest-add.schema.json` describes them. */
export interface NestAddOptions {
  readonly sourceRoot?: string;
  readonly databaseUrl?: string;
  readonly skipExample?: boolean;
}

const MODULES = [
  'AuditModule.forRootAsync({ useFactory: auditOptions })',
  'MonitoringModule.forRootAsync({ useFactory: ledgerOptions })',
  'AuditViewerModule.forRoot()',
];
const ALREADY_ADDED = 'The application already imports nestjs-audit-ledger. Only missing parts are added.';

const PEER = 'pg';
const PG_FILE = 'audit/audited-pg.ts';

/** The schematic `nest-add`. The schematic prints the steps that it cannot do itself. A second run changes nothing. */
export function nestAdd(
  options: NestAddOptions,
  compiler: () => TypeScript | undefined = () => loadTypeScript(process.cwd()),
): (tree: Tree, context: SchematicContext) => void {
  return (tree, context) => {
    const found = findApplication(tree, options.sourceRoot);
    const wasAdded = isAdded(tree, found.sourceRoot);
    const application = { ...found, usesPg: found.usesPg && !wasAdded }; // the first run itself adds pg
    const byHand: string[] = [];
    if (addPackage(tree, application)) {
      context.addTask({
        toConfiguration: () => ({ name: 'node-package', options: { command: 'install', quiet: true } }),
      });
    }
    const address = addSettings(tree, application, [options.databaseUrl, process.env.DATABASE_URL].find(isSet));
    const ts = compiler();
    const pools = usePg(tree, application, ts);
    const route = addToSource(tree, application, ts, options.skipExample === true, byHand);
    context.logger.info(wasAdded ? ALREADY_ADDED : formatNextSteps(application, address, route, pools));
    if (byHand.length > 0)
      context.logger.warn(['Left to do by hand:', ...byHand.map((step) => `- ${step}`)].join('\n'));
  };
}

function addPackage(tree: Tree, { packages, usesPg }: Application): boolean {
  const text = readText(tree, '/package.json');
  if (text === undefined) return false;
  const manifest = parseJson(text) as Record<string, Record<string, string> | undefined>;
  const add = (list: string, name: string, range: string): boolean => {
    if (packages[name] !== undefined) return false;
    const all = Object.entries({ ...manifest[list], [name]: range });
    manifest[list] = Object.fromEntries(all.toSorted(([one], [other]) => (one < other ? -1 : 1)));
    return true;
  };
  const added = [
    add('dependencies', PEER, readPeerDependencies()[PEER] ?? '*'),
    usesPg && add('devDependencies', '@types/pg', '^8.11'),
  ];
  if (!added.includes(true)) return false;
  const indent = /\n([ \t]+)"/.exec(text)?.[1] ?? '  ';
  write(tree, '/package.json', JSON.stringify(manifest, null, indent) + (text.endsWith('\n') ? '\n' : ''));
  return true;
}

function readPeerDependencies(): Readonly<Record<string, string>> {
  const manifest = readFileSync(createRequire(import.meta.url).resolve('nestjs-audit-ledger/package.json'), 'utf8');
  return (JSON.parse(manifest) as { peerDependencies: Record<string, string> }).peerDependencies;
}

function addToSource(
  tree: Tree,
  application: Application,
  ts: TypeScript | undefined,
  skipsExample: boolean,
  byHand: string[],
): DecoratedRoute | undefined {
  const { main, sourceRoot } = application;
  if (ts === undefined) {
    byHand.push('The package typescript is missing, so the source is not changed: follow docs/guides/quick-start.md.');
    return undefined;
  }
  const text = readText(tree, main);
  const root = text === undefined ? undefined : new Source(ts, text).rootModule();
  const ending = /\.[jt]s$/.exec(root?.from ?? '')?.[0] ?? '';
  const folder = `/${posix.join(sourceRoot, 'audit')}`;
  const own: readonly (readonly [string, string])[] = [
    [`${folder}/audit.options.ts`, renderOptionsFile(application, ending)],
    [`${folder}/resolve-access.ts`, ACCESS_FILE],
  ];
  for (const [path, content] of own) if (!tree.exists(path)) tree.create(path, content);
  if (text === undefined)
    byHand.push(`${main} is missing: call app.enableShutdownHooks() where the application starts.`);
  else {
    const changed = new Source(ts, text).withShutdownHooks();
    if (changed === undefined) byHand.push(`${main}: call app.enableShutdownHooks() before the application listens.`);
    else write(tree, main, changed);
  }

  const file = root && importedFile(main, root.from);
  const source = file === undefined ? undefined : readText(tree, file);
  if (root === undefined || file === undefined || source === undefined) {
    if (!isAdded(tree, sourceRoot)) byHand.push(formatManualStep('your root module', folder));
    return undefined;
  }
  if (!isAdded(tree, sourceRoot)) {
    const toOptions = posix.relative(posix.dirname(file), `${folder}/audit.options`);
    const imports = [
      { names: ['AuditModule'], from: 'nestjs-audit-ledger' },
      { names: ['MonitoringModule'], from: 'nestjs-audit-ledger/monitoring' },
      { names: ['AuditViewerModule'], from: 'nestjs-audit-ledger/viewer' },
      {
        names: ['auditOptions', 'ledgerOptions'],
        from: `${toOptions.startsWith('.') ? '' : './'}${toOptions}${ending}`,
      },
    ];
    const changed = new Source(ts, source).withModules(root.name, MODULES, imports);
    if (changed === undefined) byHand.push(formatManualStep(file, folder));
    else write(tree, file, changed);
  }
  return skipsExample ? undefined : addExample(tree, ts, { file, source, name: root.name }, sourceRoot);
}

function addExample(
  tree: Tree,
  ts: TypeScript,
  root: { readonly file: string; readonly source: string; readonly name: string },
  sourceRoot: string,
): DecoratedRoute | undefined {
  if (hasFile(tree, sourceRoot, (text) => text.includes('@Audited'))) return undefined;
  const controller = new Source(ts, root.source).findController(root.name);
  const file = controller && importedFile(root.file, controller.from);
  const source = file === undefined ? undefined : readText(tree, file);
  if (controller === undefined || file === undefined || source === undefined) return undefined;
  const decorated = new Source(ts, source).withAuditedRoute(controller.name);
  if (decorated) write(tree, file, decorated.text);
  return decorated;
}

/** Writes the file that exports pg's classes, and makes the application's pools of them. Returns the changed files. */
function usePg(tree: Tree, application: Application, ts: TypeScript | undefined): readonly string[] {
  const { sourceRoot, usesPg } = application;
  const own = `/${posix.join(sourceRoot, PG_FILE)}`;
  if (!usesPg || ts === undefined || tree.exists(own)) return [];
  const changed: string[] = [];
  const ending = application.modules === 'CommonJS' ? '' : '.js';
  tree.getDir(`/${sourceRoot}`).visit((path) => {
    if (!path.endsWith('.ts') || /\.(d|spec|test|e2e-spec)\.ts$|\/node_modules\//.test(path)) return;
    const to = posix.relative(posix.dirname(path), own).replace(/\.ts$/, ending);
    const text = new Source(ts, readText(tree, path) ?? '').withPg(to.startsWith('.') ? to : `./${to}`);
    if (text === undefined) return;
    write(tree, path, text);
    changed.push(path.slice(1));
  });
  tree.create(own, renderPgFile(application));
  return changed;
}

function formatManualStep(where: string, folder: string): string {
  return `${where}: add to its imports ${MODULES.join(', ')}, with the options of ${folder}/audit.options.ts.`;
}

function isAdded(tree: Tree, sourceRoot: string): boolean {
  return hasFile(tree, sourceRoot, (text) => /\bAuditModule\s*\.\s*forRoot/.test(text));
}

function hasFile(tree: Tree, sourceRoot: string, accepts: (text: string) => boolean): boolean {
  let found = false;
  tree.getDir(`/${sourceRoot}`).visit((path) => {
    if (found || !path.endsWith('.ts') || path.includes('/node_modules/')) return;
    found = accepts(readText(tree, path) ?? '');
  });
  return found;
}

/** What an application of the client needs for transactions and row changes. @param pools the files whose pools are already made so */
function buildSteps({ orm = '', usesPg, sourceRoot }: Application, pools: readonly string[]): readonly string[] {
  if (!usesPg) return [];
  const client = ORMS[orm];
  const use = 'Use @AuditedTransaction on routes that write: the event is then committed together with the change.';
  const transactions =
    client?.transactions && `Return transactions: ${client.transactions} from auditOptions(). ${use}`;
  const file = `${sourceRoot}/${PG_FILE}`;
  const pool =
    pools.length > 0
      ? `${pools.join(', ')} now takes pg's classes from ${file}: captured row changes then have their person`
      : `To capture row changes with their person, take Client and Pool from ${file}: ${client?.pool ?? 'new Pool({ connectionString })'}`;
  return [...(client ? [transactions ?? use] : []), `${pool} (guide: row changes)`];
}

function formatNextSteps(
  application: Application,
  { variable, isGuessed }: AddedAddress,
  route: Pick<DecoratedRoute, 'route' | 'event'> | undefined,
  pools: readonly string[],
): string {
  const { nestMajor, platform, modules, orm, testRunner } = application;
  const found = [`Nest ${nestMajor}`, platform, modules, ...[orm, testRunner].filter((part) => part !== undefined)];
  const example = route
    ? `Start the application and request ${route.route}: npx nestjs-audit-ledger query shows the event ${route.event}.`
    : "Put @Audited('order_creation') on a route, start the application and request that route: npx nestjs-audit-ledger query shows the event.";
  const steps = [
    ...(isGuessed ? [`Correct ${variable} in .env: it must be the address of your PostgreSQL.`] : []),
    'Create the tables: npx nestjs-audit-ledger migrate --schema audit',
    example,
    'See the event in the viewer: /audit/ui, on this computer, with NODE_ENV=development',
    'Verify that nothing was changed: npx nestjs-audit-ledger verify',
    `Decide who may read the ledger over HTTP and in the viewer: ${application.sourceRoot}/audit/resolve-access.ts`,
    ...buildSteps(application, pools),
    platform === 'Fastify'
      ? 'Behind a proxy: new FastifyAdapter({ trustProxy: 1 }), so that events have the address of the client.'
      : "Behind a proxy: app.set('trust proxy', 1), so that events have the address of the client.",
    ...(testRunner
      ? [`Tests in ${testRunner} that need no database: AuditTestingModule of nestjs-audit-ledger/testing.`]
      : []),
    'Before production: npx nestjs-audit-ledger doctor lists the remaining steps.',
  ];
  return [
    `Added nestjs-audit-ledger (${found.join(', ')}). Next:`,
    ...steps.map((step, n) => `${n + 1}. ${step}`),
  ].join('\n');
}
