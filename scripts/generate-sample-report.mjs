// Writes docs/sample-report.html from test/vectors/report/sample.json. This file contains the reference application's answer to the command
//
//   nestjs-audit-ledger report 'dist/src/shop/app.module.js#defaultAppModule' --framework pci-dss-4.0.1 --sample 3 --format json
//
// but without the texts of clauses and checks, which are read from the build.
import { readFile, writeFile } from 'node:fs/promises';
import { CHECKS } from '../dist/src/rooms/report/checks/all-checks.js';
import { PCI_DSS } from '../dist/src/rooms/report/frameworks/pci-dss.js';
import { reportHtml } from '../dist/src/rooms/report/write/report-html.js';

const answers = JSON.parse(await readFile('test/vectors/report/sample.json', 'utf8'));
const ids = (list) => list.map(({ id }) => id).join();
if (ids(answers.clauses) !== ids(PCI_DSS.clauses) || answers.checks.some(({ id }) => !CHECKS.has(id))) {
  throw new Error('test/vectors/report/sample.json answers other clauses or checks. Run the command above again.');
}
const clauses = PCI_DSS.clauses.map((clause, nth) => ({ manual: [], ...clause, ...answers.clauses[nth] }));
const checks = answers.checks.map((answer) => ({ ...CHECKS.get(answer.id), ...answer }));
await writeFile('docs/sample-report.html', reportHtml({ ...answers, clauses, checks }));
