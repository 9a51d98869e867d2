// Writes docs/sample-report.html from test/vectors/report/sample.json: a report of the reference application, by
//
//   nestjs-audit-ledger report 'dist/src/app.module.js#defaultAppModule' --framework pci-dss-4.0.1 --sample 3 --format json
import { readFile, writeFile } from 'node:fs/promises';
import { reportHtml } from '../dist/src/modules/monitoring/report/write/report-html.js';

const report = JSON.parse(await readFile('test/vectors/report/sample.json', 'utf8'));
await writeFile('docs/sample-report.html', reportHtml(report));
