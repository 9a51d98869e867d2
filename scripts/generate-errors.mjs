// Writes docs/reference/errors.md and the type of the codes from the tables in src/**/*.errors.ts.
import { readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as prettier from 'prettier';
import { ERROR_ROWS } from '../dist/src/base/errors/declare-errors.js';
import { START_ERRORS } from '../dist/src/shop/start.error.js';

const HEAD = ['code', 'when', 'what to do'];

const INTRODUCTION = [
  '# Errors',
  '<!-- Generated from the tables in `src/**/*.errors.ts` by `npm run generate`. Do not edit. -->',
  'Every error has a stable `code` and a message of the form "Cannot <do>: <what was seen>. <What to do next>."; `cause` holds the original error.',
  'The class says what a caller can do: `UnavailableError`: try again later; `RefusedError`: do something else; `InvalidError`: correct what was given; `MissingError`: make or name what is missing; `InconsistentError`: find out who changed it. All of them extend `AuditError`. Errors that answer a request with their own status in any application are an `AuditHttpException` of Nest instead.',
];

const OF_NEST = [
  '## Errors of Nest',
  'Nest itself reports a missing module, before any code of the library runs:',
  "```text\nNest can't resolve dependencies of the OrdersService (?). Please make sure that the argument AuditAggregator at index [0] is available in the AppModule module.\n```",
  'Import `AuditModule.forRoot()` once, in the root module; in a test, import `AuditTestingModule.forRoot()`. Nest reports the same error for the services of `MonitoringModule`, which needs `AuditModule` beside it.',
];

const built = new URL('../dist/src/', import.meta.url);
const tables = readdirSync(built, { recursive: true }).filter((file) => file.endsWith('.errors.js'));
for (const file of tables) await import(new URL(file.replaceAll('\\', '/'), built).href);
if (ERROR_ROWS.length === 0) throw new Error('no table declares an error');

// Several tables may have a row for the same code, each with its own messages.
const codes = [...new Set(ERROR_ROWS.map(([code]) => code))].toSorted();
const rows = codes.map((code) => [code, joined(code)]);

await write('docs/reference/errors.md', 'markdown', [
  ...INTRODUCTION,
  '## Errors of the core',
  table(rows),
  ...OF_NEST,
  ...['The application', 'The embedded PostgreSQL'].flatMap((heading) => [
    `## ${heading}`,
    table(Object.entries(START_ERRORS).filter(([, { section }]) => section === heading)),
  ]),
]);
await write('src/base/errors/error-codes.generated.ts', 'typescript', [
  '// Generated from the tables in src/**/*.errors.ts by `npm run generate`. Do not edit.',
  `/** The codes of the library's errors. \`docs/reference/errors.md\` explains each. */\nexport type AuditErrorCode = ${rows.map(([code]) => `'${code}'`).join(' | ')};`,
]);

function joined(code) {
  const declared = ERROR_ROWS.filter(([each]) => each === code).map(([, row]) => row);
  if (declared.length === 1) return declared[0];
  const listValues = (name) => [...new Set(declared.map((row) => row[name]).filter((value) => value !== undefined))];
  const [kinds, statuses] = [listValues('kind'), listValues('status')];
  if (kinds.length > 1 || statuses.length > 1) throw new Error(`${code} has several kinds or statuses`);
  const answered = statuses.map((status) => `HTTP ${status}: `).join('');
  const when = listValues('when').map((text) => text.replace(/^HTTP \d+: /, ''));
  return { when: answered + when.join('; '), do: listValues('do').join('; ') };
}

function table(errors) {
  const cells = errors.map(([code, { when, do: remedy }]) => [`\`${code}\``, when, remedy]);
  return [HEAD, HEAD.map(() => '---'), ...cells].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

async function write(path, parser, parts) {
  const target = fileURLToPath(new URL(`../${path}`, import.meta.url));
  writeFileSync(
    target,
    await prettier.format(parts.join('\n\n'), { ...(await prettier.resolveConfig(target)), parser }),
  );
}
