import { describe, expect, it } from '@jest/globals';
import { FRAMEWORKS } from '../../../src/rooms/report/frameworks/regulations.js';
import type { Report } from '../../../src/rooms/report/report.js';
import { reportHtml } from '../../../src/rooms/report/report-html.js';
import { kept } from '../../support/kept.js';
import { makeSigner } from '../../support/log-scene.js';
import {
  BAD_SETTINGS,
  GOOD_SETTINGS,
  makeBadLedger,
  makeGoodLedger,
  reportOn,
  verificationOf,
} from '../../support/report-scene.js';

const signer = await makeSigner();
const good = await kept(makeGoodLedger(signer));
const bad = await kept(makeBadLedger(good, signer));
const ofGood = { settings: GOOD_SETTINGS, verification: await verificationOf(good) };
const ofBad = { settings: BAD_SETTINGS, verification: await verificationOf(bad) };
const reports: Report[] = [];
for (const { id } of FRAMEWORKS) reports.push(await reportOn(good, id, ofGood), await reportOn(bad, id, ofBad));

describe('a report', () => {
  it('never says that anybody is compliant', () => {
    for (const report of reports) {
      expect(`${reportHtml(report)} ${JSON.stringify(report)}`).not.toMatch(/complian/i);
    }
  });

  it.each(FRAMEWORKS.map(({ id }) => [id]))(
    'on %s says first that a scan was cut, and passes no count of events then',
    async (framework) => {
      const report = await reportOn(good, framework, { ...ofGood, mostEvents: 4 });
      const html = reportHtml(report);
      expect(html.indexOf('Not all events were read')).toBeLessThan(html.indexOf('<h2'));
      expect(report.notes[0]).toContain('Only the newest 4 of');
      expect(report.checks.filter(({ filters, result }) => filters && result === 'met')).toEqual([]);
    },
  );

  it('is one page without scripts and without anything from elsewhere', () => {
    for (const report of reports) {
      const html = reportHtml(report);
      // A hash in the text may end with "src=".
      expect(html).not.toMatch(
        /<script|<link|<img|<iframe|\son[a-z]+=["']|javascript:|@import|url\(|<[^>]*src=|https?:\/\//i,
      );
    }
  });

  it('shows hostile texts as texts', () => {
    const [report] = reports as [Report, ...Report[]];
    const origin = '<img src=x onerror=alert(1)>"&';
    const html = reportHtml({ ...report, scope: { ...report.scope, origin } });
    expect(html).not.toContain('<img');
    expect(html).toContain('&#60;img');
  });

  it('shows no name, address or user agent of a person', () => {
    // A hash may contain the letters of the user agent.
    for (const report of reports) expect(JSON.stringify(report)).not.toMatch(/Lovelace|203\.0\.113\.7|\bjest\b/);
  });
});
