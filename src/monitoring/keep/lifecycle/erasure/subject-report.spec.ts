import { describe, expect, it } from '@jest/globals';
import { sampleEvent } from '../../../../../test/support/sample-event.js';
import { reportHtml, type ReportPart } from './subject-report.js';

const head: ReportPart = {
  kind: 'head',
  subjectId: 'u-1',
  reportedAt: '2026-11-20T08:00:00.000Z',
  checkpoint: null,
  waitingEvents: 0,
};
const event = sampleEvent({ reason: `<script>alert("&'")</script>` });
const row = { kind: 'row', backend: 'letters', row: { text: '<b>' } } as const;

async function* of(...parts: readonly ReportPart[]): AsyncGenerator<ReportPart> {
  for (const part of parts) yield await Promise.resolve(part);
}

async function joinText(pieces: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const piece of pieces) text += piece;
  return text;
}

describe('a report as a page', () => {
  it('escapes markup in the reported data', async () => {
    const page = await joinText(reportHtml(of(head, { kind: 'event', event: { ...event, index: 7 } }, row)));
    expect(page).toContain('&#60;script&#62;alert(&#34;&#38;&#39;&#34;)&#60;/script&#62;');
    expect(page).not.toMatch(/<script|<b>/);
    expect(page).toContain(`7, proven by /audit/events/${event.id}/proof`);
  });

  it('separates events of archives from events of the ledger', async () => {
    const archived = { kind: 'event', event: { ...event, index: 3, archive: '2026-01-a' } } as const;
    const page = await joinText(reportHtml(of(head, { kind: 'event', event }, archived)));
    expect(page).toMatch(/What happened<[\s\S]*events in archives\)<[\s\S]*<dt>archive<\/dt><dd><pre>2026-01-a</);
    expect(page.match(/2026-01-a/g)).toHaveLength(1);
  });
});
