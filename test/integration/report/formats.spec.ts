import { afterAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { FRAMEWORKS } from '../../../src/cli/report/frameworks/frameworks.js';
import { printPdf } from '../../../src/cli/report/write/print-pdf.js';
import { reportHtml } from '../../../src/cli/report/write/report-html.js';
import { reportOscal } from '../../../src/cli/report/write/report-oscal.js';
import { unpackChromium } from '../../support/chromium.js';
import { kept, makeSigner } from '../../support/index.js';
import { GOOD_SETTINGS, makeGoodLedger, reportOn } from '../../support/report-scene.js';

/** The schema follows NIST's metaschema of assessment results, reduced to the parts that a report has. */
const SCHEMA = JSON.parse(readFileSync('test/vectors/oscal/assessment-results.json', 'utf8')) as object;

interface Results {
  readonly 'assessment-results': {
    readonly 'import-ap': { readonly href: string };
    readonly results: readonly {
      readonly findings: readonly {
        readonly props: readonly { readonly name: string; readonly value: string }[];
        readonly target: { readonly 'target-id': string; readonly status: { readonly state: string } };
        readonly 'related-observations': readonly { readonly 'observation-uuid': string }[];
      }[];
      readonly observations: readonly { readonly uuid: string }[];
    }[];
    readonly 'back-matter': { readonly resources: readonly { readonly uuid: string; readonly title: string }[] };
  };
}
const good = await kept(makeGoodLedger(await makeSigner()));

async function oscalOf(framework: string): Promise<Results> {
  return reportOscal(await reportOn(good, framework, { settings: GOOD_SETTINGS })) as Results;
}

describe('a report as OSCAL assessment results', () => {
  const validate = new Ajv({ strict: false }).compile(SCHEMA);

  it.each(FRAMEWORKS.map(({ id }) => [id]))('has the shape of the model: %s', async (framework) => {
    validate(await oscalOf(framework));
    expect(validate.errors).toBeNull();
  });

  it('is satisfied only where a clause passes, and keeps the verdict', async () => {
    const [result] = (await oscalOf('pci-dss-4.0.1'))['assessment-results'].results;
    const told = result?.findings.map(({ props, target }) => {
      const { value } = props.find(({ name }) => name === 'verdict') ?? {};
      return [target['target-id'], value, target.status.state];
    });
    expect(told).toContainEqual(['pci_10.3.2', 'pass', 'satisfied']);
    expect(told).toContainEqual(['pci_10.2.1.1', 'evidence', 'not-satisfied']);
    expect(told).toContainEqual(['pci_10.6.3', 'manual', 'not-satisfied']);
    const known = new Set(result?.observations.map(({ uuid }) => uuid));
    const named = result?.findings.flatMap((finding) => finding['related-observations']) ?? [];
    expect(named.filter((each) => !known.has(each['observation-uuid']))).toEqual([]);
  });
});

afterAll(() => void Reflect.deleteProperty(process.env, 'FONTCONFIG_FILE'));

it('a report as PDF is printed by a browser that is named', async () => {
  const { executable, environment } = await unpackChromium();
  Object.assign(process.env, environment);
  const report = await reportOn(good, 'hipaa', { settings: GOOD_SETTINGS });
  const pdf = await printPdf(reportHtml(report), executable);
  expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
  expect(pdf.length).toBeGreaterThan(10_000);
});
