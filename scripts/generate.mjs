/* With --check, the script changes no file, and reports the files that differ. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const MONITORING = 'src/monitoring';

const GENERATED = {
  'generate-sql': [
    `${MONITORING}/store/sql/sql.generated.ts`,
    ...['row-changes', 'jetstream'].map((extension) => `src/extensions/${extension}/sql/sql.generated.ts`),
    'src/extensions/alerts/shipped-rules/shipped-rules.generated.ts',
  ],
  'generate-catalogue': [
    'src/audit/catalogue/catalogue.generated.ts',
    'docs/reference/events.md',
    'docs/reference/lists.md',
  ],
  'generate-errors': ['docs/reference/errors.md', 'src/base/errors/error-codes.generated.ts'],
  'generate-options': ['docs/reference/options.md', 'docs/guides/streams.md'],
  'generate-doctor': ['docs/reference/doctor.md'],
  'generate-commands': ['docs/reference/commands.md'],
  'generate-event-fields': ['docs/reference/event-fields.md', 'docs/reference/integrity-formats.md'],
  'generate-metrics': ['docs/reference/metrics.md'],
  'generate-performance': ['docs/reference/performance.md', 'docs/guides/operate.md'],
  'generate-clients': ['docs/guides/transactions.md', 'docs/comparison.md', 'README.md'],
  'generate-stream-formats': ['docs/reference/stream-formats.md'],
  'api-report': readdirSync('test/public-api').map((file) => `test/public-api/${file}`),
  'dump-schema': ['migrations/schema.sql', `${MONITORING}/store/schema/protection.generated.ts`],
};

const isCheck = process.argv.includes('--check');
const stale = [];
for (const [script, files] of Object.entries(GENERATED)) {
  const before = files.map((file) => readFileSync(file, 'utf8'));
  const { status } = spawnSync(process.execPath, [`scripts/${script}.mjs`], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
  files.forEach((file, nth) => {
    if (readFileSync(file, 'utf8') === before[nth]) return;
    stale.push(file);
    if (isCheck) writeFileSync(file, before[nth]);
  });
}
for (const file of stale)
  console.log(isCheck ? `${file} is stale. Run npm run generate, and commit it.` : `Wrote ${file}.`);
if (isCheck && stale.length > 0) process.exitCode = 1;
