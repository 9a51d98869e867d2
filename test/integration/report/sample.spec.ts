import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { CHECKS } from '../../../src/modules/monitoring/report/checks/all-checks.js';
import { PCI_DSS } from '../../../src/modules/monitoring/report/frameworks/pci-dss.js';
import type { Report } from '../../../src/modules/monitoring/report/report.js';

const REPORT = JSON.parse(readFileSync('test/vectors/report/sample.json', 'utf8')) as Report;

// Run the command that scripts/generate-sample-report.mjs names, and that script, where these fail.
describe('the sample that the README links', () => {
  it('has the clauses and checks of today', () => {
    const told = REPORT.clauses.map(({ id, title, question, checks, manual }) => ({
      ...{ id, title, question, checks },
      ...(manual.length > 0 && { manual }),
    }));
    expect(told).toEqual(PCI_DSS.clauses);
    for (const { id, kind, title, proves, doesNotProve } of REPORT.checks) {
      expect(CHECKS.get(id)).toMatchObject({ kind, title, proves, doesNotProve });
    }
  });

  it('is of the reference application, and without an error', () => {
    expect(REPORT.verdicts.error).toBe(0);
    expect(REPORT.inventory?.types.length).toBeGreaterThan(50);
  });
});
