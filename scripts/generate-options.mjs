// Writes docs/reference/options.md, and the destinations of docs/guides/streams.md, from the types of the options and their doc comments.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as prettier from 'prettier';
import ts from 'typescript';
import * as destinations from '../dist/src/extensions/streams/destinations/all-destinations.js';

const root = new URL('../', import.meta.url);
const target = new URL('docs/reference/options.md', root);

const DESTINATIONS = 'src/extensions/streams/destinations/all-destinations.ts';

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
    door: 'src/monitoring/index.ts',
  },
  {
    heading: '`MonitoringModule.forRootAsync({ useFactory })`',
    type: 'MonitoringOptions',
    door: 'src/monitoring/index.ts',
  },
  {
    heading: '`MonitoringModule.forRootAsync`, `retention`',
    type: 'RetentionOptions',
    door: 'src/monitoring/index.ts',
  },
  { heading: '`RowChangesModule.forRoot`', type: 'RowChangesOptions', door: 'src/extensions/row-changes/index.ts' },
  ...streamSections(),
  { heading: '`AlertsModule.forRoot`', type: 'AlertsOptions', door: 'src/extensions/alerts/index.ts' },
  { heading: '`JetStreamModule.forRoot`', type: 'JetStreamOptions', door: 'src/extensions/jetstream/index.ts' },
  { heading: '`AuditViewerModule.forRoot`', type: 'AuditViewerOptions', door: 'src/extensions/viewer/index.ts' },
  {
    heading: 'Environment variables of the application',
    ...{ type: 'AppConfig', door: 'src/shop/config/index.ts' },
    isInOrder: true, // the output of a schema has the required properties first
  },
];

const SECRET = 'secret: it leaves no act, and a batch that waits keeps its id';

const ACKNOWLEDGED = {
  none: 'never confirmed',
  received: 'received: the server may still lose it',
  stored: 'stored on disk',
  indexed: 'indexed: a search finds it',
};

/** The options that everybody needs from the beginning, in bold. */
const FIRST_DAY = {
  AuditModuleOptions: ['spillDir'],
  MonitoringOptions: ['connectionUrl', 'schema', 'authorize', 'signingKeyFile'],
};

/** An option without a user's situation is not worth its row, its check and its tests. */
const SITUATION = 'Set this when ';

const program = makeProgram();
const checker = program.getTypeChecker();
await write(target, makePage());
await writeDestinations(new URL('docs/guides/streams.md', root));

async function write(page, text) {
  const options = { ...(await prettier.resolveConfig(fileURLToPath(page))), parser: 'markdown' };
  writeFileSync(page, await prettier.format(text, options));
}

/** Each block stands between two comments. */
async function writeDestinations(page) {
  const all = Object.keys(destinations).map((name) => ({
    ...destinations[name].kind,
    symbol: destinationSymbol(name),
  }));
  const rows = all.map(
    ({ type, acknowledgment, symbol }) => `| \`${type}\` | ${ACKNOWLEDGED[acknowledgment]} | ${listFormats(symbol)} |`,
  );
  const blocks = {
    table: ['| type | an accepted batch is | formats, the default first |', '| --- | --- | --- |', ...rows].join('\n'),
    sections: all.map(({ symbol }) => `### ${getTag(symbol, 'title')}\n\n${getTag(symbol, 'remarks')}`).join('\n\n'),
  };
  const text = Object.entries(blocks).reduce(
    (known, [name, block]) => {
      const place = new RegExp(`(<!--destinations-${name}-->\n)[^]*?(<!--end-->)`);
      return known.replace(place, (_all, start, end) => `${start}\n${block}\n\n${end}`);
    },
    readFileSync(page, 'utf8'),
  );
  await write(page, text);
}

function listFormats(symbol) {
  const format = checker.getPropertyOfType(checker.getDeclaredTypeOfSymbol(symbol), 'format');
  if (!format) return 'its own';
  const first = formatDefault(format, getDeclaration(format)).replaceAll("'", '');
  const known = checker.getNonNullableType(checker.getTypeOfSymbol(format)).types.map(({ value }) => `\`${value}\``);
  return [first, ...known.filter((each) => each !== first)].join(', ');
}

/** Returns the symbol of the options of a destination, by the name of its export. */
function destinationSymbol(name) {
  const [call] = checker.getTypeOfSymbol(exportedSymbol(name, DESTINATIONS)).getCallSignatures();
  return checker.getTypeOfSymbol(call.parameters[0]).symbol;
}

function makeProgram() {
  const config = ts.getParsedCommandLineOfConfigFile(fileURLToPath(new URL('tsconfig.json', root)), undefined, {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: ({ messageText }) => {
      throw new Error(`Cannot read tsconfig.json: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
    },
  });
  const doors = [...new Set([DESTINATIONS, ...SECTIONS.map(({ door }) => door)])].map((door) =>
    fileURLToPath(new URL(door, root)),
  );
  return ts.createProgram(doors, config.options);
}

function makePage() {
  return [
    '# Options',
    '<!-- Generated from the source by `npm run generate`. Do not edit. -->',
    `An option is optional unless the column "default" says required. Each optional option says when to set it. Those in bold are enough for the first day: ${Object.values(
      FIRST_DAY,
    )
      .flat()
      .map((name) => `\`${name}\``)
      .join(', ')}.`,
    ...SECTIONS.flatMap(makeSection),
  ].join('\n\n');
}

function streamSections() {
  const door = 'src/extensions/streams/index.ts';
  const heading = '`StreamsModule.forRoot`, `streams`';
  const note = [
    'A change of an option is a signed act of the ledger, unless the column "a change" says something else: the stream',
    'sends from its place on as the new options say, and a batch that waits gets a new id. [Streams](../guides/streams.md) explains them.',
  ].join('\n');
  return [
    { heading: '`StreamsModule.forRoot`', type: 'StreamsOptions', door },
    { heading, type: 'StreamOptions', door, note, hasChanges: true },
    { heading: `${heading}, \`batch\``, type: 'BatchOptions', door, hasChanges: true },
    ...Object.entries(destinations).map(([destination, { kind }]) => ({
      heading: `${heading}, destination \`${kind.type}\``,
      ...{ destination, type: `DestinationOptions<'${kind.type}'>`, door, hasChanges: true },
      names: kind.names,
    })),
  ];
}

function makeSection({ heading, type, door, destination, note, names = {}, hasChanges = false, isInOrder = false }) {
  const symbol = destination === undefined ? exportedSymbol(type, door) : destinationSymbol(destination);
  const properties = checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol));
  if (isInOrder) properties.sort((one, other) => one.declarations[0].pos - other.declarations[0].pos);
  const bold = FIRST_DAY[type] ?? [];
  const unknown = bold.find((name) => !properties.some((each) => each.name === name));
  if (unknown !== undefined) throw new Error(`Cannot find the option ${unknown} of ${type}. Correct FIRST_DAY.`);
  assertSituations(type, properties);
  const titles = ['name', 'type', 'default', 'what', ...(hasChanges ? ['a change'] : [])];
  const rows = [
    titles,
    titles.map(() => '---'),
    ...properties.map((each) => buildCells(each, bold, hasChanges, names)),
  ];
  return [
    `## ${heading}`,
    `\`${type}\`: ${getComment(symbol)}`,
    ...(note === undefined ? [] : [note]),
    rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n'),
  ];
}

/** Throws if an option that is not required does not say when to set it. */
function assertSituations(type, properties) {
  const names = properties
    .filter((each) => formatDefault(each, getDeclaration(each)) !== 'required' && !isSituated(each))
    .map((each) => each.name);
  if (names.length === 0) return;
  throw new Error(
    `Cannot document ${names.map((name) => `${name} of ${type}`).join(', ')}: the doc comment lacks a sentence "${SITUATION}…". ` +
      'Name a situation of a user in it, or remove the option.',
  );
}

function isSituated(property) {
  return getComment(property).replaceAll(/\s+/g, ' ').includes(SITUATION);
}

function getDeclaration(property) {
  return property.valueDeclaration ?? property.declarations[0];
}

function exportedSymbol(name, door) {
  const file = program.getSourceFile(fileURLToPath(new URL(door, root)));
  const found = checker.getExportsOfModule(checker.getSymbolAtLocation(file)).find((symbol) => symbol.name === name);
  if (!found) throw new Error(`Cannot document ${name}: ${door} does not export it. Correct this script's list.`);
  return found.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(found) : found;
}

function buildCells(property, bold, hasChanges, names) {
  const declaration = getDeclaration(property);
  const name = `\`${property.name}\``;
  const cells = [
    bold.includes(property.name) ? `**${name}**` : name,
    code(formatType(property, declaration)),
    formatDefault(property, declaration),
    getComment(property) || (property.name === 'type' ? 'The kind of the destination.' : ''),
    ...(hasChanges ? [names[property.name] === 'secret' ? SECRET : getTag(property, 'remarks')] : []),
  ];
  return cells.map((cell) => cell.replaceAll('|', '\\|').replace(/\s+/g, ' ').trim());
}

/** Returns the text of a tag in the doc comment of a symbol, on one line. */
function getTag(symbol, name) {
  const tag = symbol.getJsDocTags(checker).find((each) => each.name === name);
  return tag ? ts.displayPartsToString(tag.text).replaceAll('\n', ' ') : '';
}

function formatType(property, declaration) {
  const type = checker.getNonNullableType(checker.getTypeOfSymbol(property));
  const words = type.isUnion() ? type.types : [type];
  if (words.every((word) => word.isStringLiteral())) return words.map(({ value }) => `'${value}'`).join(' | ');
  if (words.every((word) => word.isNumberLiteral()))
    return words
      .map(({ value }) => value)
      .toSorted()
      .join(' | ');
  if (!declaration.type) return shownType(type);
  const nodes = ts.isUnionTypeNode(declaration.type) ? declaration.type.types : [declaration.type];
  return nodes
    .filter(({ kind }) => kind !== ts.SyntaxKind.UndefinedKeyword)
    .map((node) => node.getText())
    .join(' | ');
}

/** Returns the type of a schema as a person would write it. */
function shownType(type) {
  const text = checker.typeToString(type, undefined, ts.TypeFormatFlags.NoTruncation);
  return text
    .replaceAll('"', "'")
    .replaceAll(/Readonly<(\{.*?\})>/g, '$1')
    .replaceAll(' | undefined;', ';')
    .replaceAll('; }', ' }');
}

function formatDefault(property, declaration) {
  const tag = property.getJsDocTags(checker).find(({ name }) => name === 'defaultValue');
  if (tag) return code(ts.displayPartsToString(tag.text));
  const { initializer } = declaration;
  if (initializer && !ts.isPropertyAssignment(declaration)) return code(initializer.getText());
  const value = initializer && defaultIn(initializer);
  if (value) return code(formatText(value));
  return property.flags & ts.SymbolFlags.Optional ? '' : 'required';
}

/** Returns the argument of `.default()` or `.prefault()` in a schema. An empty object or list means the defaults of its members, or nothing. */
function defaultIn(schema) {
  if (!ts.isCallExpression(schema) || !ts.isPropertyAccessExpression(schema.expression)) return undefined;
  const { name, expression } = schema.expression;
  if (
    name.text === 'default' ||
    (name.text === 'prefault' && checker.getTypeAtLocation(schema.arguments[0]).isStringLiteral())
  ) {
    return schema.arguments[0];
  }
  return name.text === 'prefault' ? undefined : defaultIn(expression);
}

function formatText(value) {
  const type = checker.getTypeAtLocation(value);
  return type.isStringLiteral() ? `'${type.value}'` : type.isNumberLiteral() ? String(type.value) : value.getText();
}

function getComment(symbol) {
  return symbol
    .getDocumentationComment(checker)
    .map(({ kind, text: part }) => (kind === 'link' ? '' : kind === 'linkName' ? `\`${part}\`` : part))
    .join('');
}

function code(value) {
  return `\`${value}\``;
}
