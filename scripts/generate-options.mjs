// Writes docs/reference/options.md from the types of the options and their doc comments. `--check` only compares.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as prettier from 'prettier';
import ts from 'typescript';

const root = new URL('../', import.meta.url);
const target = new URL('docs/reference/options.md', root);

/** What is documented: a type by its name, where it is exported, and how it is headed. */
const SECTIONS = [
  { heading: '`AuditModule.forRoot`', type: 'AuditModuleOptions', door: 'src/audit/index.ts' },
  { heading: '`AuditModule.forRoot({ events })`', type: 'AuditEventDefinition', door: 'src/audit/index.ts' },
  { heading: '`@Audited(name, options)`', type: 'AuditedOptions', door: 'src/audit/index.ts' },
  { heading: '`@AuditReason(options)`', type: 'AuditReasonOptions', door: 'src/audit/index.ts' },
  { heading: '`@AuditedTransaction(settings)`', type: 'TransactionSettings', door: 'src/audit/index.ts' },
  { heading: '`@AuditProvider(options)`', type: 'AuditProviderOptions', door: 'src/audit/index.ts' },
  { heading: '`record(name, input, options)`', type: 'RecordOptions', door: 'src/audit/index.ts' },
  {
    heading: '`MonitoringModule.forRootAsync`',
    type: 'MonitoringAsyncOptions',
    door: 'src/modules/monitoring/index.ts',
  },
  {
    heading: '`MonitoringModule.forRootAsync({ useFactory })`',
    type: 'MonitoringOptions',
    door: 'src/modules/monitoring/index.ts',
  },
  {
    heading: '`MonitoringModule.forRootAsync`, `retention`',
    type: 'RetentionOptions',
    door: 'src/modules/monitoring/index.ts',
  },
  {
    heading: '`MonitoringModule.forRootAsync`, `archiveQuery`',
    type: 'ArchiveQueryOptions',
    door: 'src/modules/monitoring/index.ts',
  },
  {
    heading: '`MonitoringModule.forRootAsync`, `watch`',
    type: 'WatchOptions',
    door: 'src/modules/monitoring/index.ts',
  },
  { heading: '`AuditViewerModule.forRoot`', type: 'AuditViewerOptions', door: 'src/modules/monitoring/viewer.ts' },
  { heading: 'Environment variables of the application', type: 'AppConfig', door: 'src/config/index.ts' },
];

const program = makeProgram();
const checker = program.getTypeChecker();
const text = await prettier.format(makePage(), {
  ...(await prettier.resolveConfig(fileURLToPath(target))),
  parser: 'markdown',
});

if (!process.argv.includes('--check')) writeFileSync(target, text);
else if (readFileSync(target, 'utf8') !== text) {
  console.error('docs/reference/options.md does not match the options. Run `npm run docs` and commit the result.');
  process.exit(1);
}

function makeProgram() {
  const config = ts.getParsedCommandLineOfConfigFile(fileURLToPath(new URL('tsconfig.json', root)), undefined, {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: ({ messageText }) => {
      throw new Error(`Cannot read tsconfig.json: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
    },
  });
  const doors = [...new Set(SECTIONS.map(({ door }) => fileURLToPath(new URL(door, root))))];
  return ts.createProgram(doors, config.options);
}

function makePage() {
  return [
    '# Options',
    '<!-- Generated from the source by `npm run docs`. Do not edit. -->',
    'An option is optional unless the column "default" says required.',
    ...SECTIONS.flatMap(makeSection),
  ].join('\n\n');
}

function makeSection({ heading, type, door }) {
  const symbol = exportedSymbol(type, door);
  const rows = checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol)).map(makeRow);
  return [
    `## ${heading}`,
    `\`${type}\`: ${commentOf(symbol)}`,
    ['| name | type | default | what |', '| --- | --- | --- | --- |', ...rows].join('\n'),
  ];
}

function exportedSymbol(name, door) {
  const file = program.getSourceFile(fileURLToPath(new URL(door, root)));
  const found = checker.getExportsOfModule(checker.getSymbolAtLocation(file)).find((symbol) => symbol.name === name);
  if (!found) throw new Error(`Cannot document ${name}: ${door} does not export it. Correct this script's list.`);
  return found.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(found) : found;
}

function makeRow(property) {
  const declaration = property.valueDeclaration ?? property.declarations[0];
  const cells = [
    `\`${property.name}\``,
    code(typeOf(declaration)),
    defaultOf(property, declaration),
    commentOf(property),
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replace(/\s+/g, ' ').trim()).join(' | ')} |`;
}

/** As it is written, without what only says that it may be absent; of a list of words, the words. */
function typeOf(declaration) {
  const type = checker.getNonNullableType(checker.getTypeAtLocation(declaration));
  const words = type.isUnion() ? type.types : [type];
  if (words.every((word) => word.isStringLiteral())) return words.map(({ value }) => `'${value}'`).join(' | ');
  const nodes = ts.isUnionTypeNode(declaration.type) ? declaration.type.types : [declaration.type];
  return nodes
    .filter(({ kind }) => kind !== ts.SyntaxKind.UndefinedKeyword)
    .map((node) => node.getText())
    .join(' | ');
}

/** `@defaultValue`, or what a class's property starts with. */
function defaultOf(property, declaration) {
  const tag = property.getJsDocTags(checker).find(({ name }) => name === 'defaultValue');
  if (tag) return code(ts.displayPartsToString(tag.text));
  if (declaration.initializer) return code(declaration.initializer.getText());
  return declaration.questionToken ? '' : 'required';
}

/** The comment's text; a link in it becomes the name that it links to. */
function commentOf(symbol) {
  return symbol
    .getDocumentationComment(checker)
    .map(({ kind, text: part }) => (kind === 'link' ? '' : kind === 'linkName' ? `\`${part}\`` : part))
    .join('');
}

function code(value) {
  return `\`${value}\``;
}
