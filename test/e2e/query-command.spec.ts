import { describe, expect, it } from '@jest/globals';
import { makeArchivedScene } from '../support/archived-scene.js';
import { kept } from '../support/kept.js';
import { ORIGIN } from '../support/log-scene.js';
import { runSql } from '../support/sql.js';
import { runCommand } from '../support/run-command.js';

interface Run {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

async function query(...args: readonly string[]): Promise<Run> {
  const env = { DATABASE_URL: scene.database.url, AUDIT_LEDGER_ORIGIN: ORIGIN };
  return runCommand(['query', ...args], { cwd: scene.folder, env });
}

const scene = await kept(makeArchivedScene());
await scene.retire();

describe('nestjs-audit-ledger query', () => {
  it('prints events as a table, and says which months archives have more of', async () => {
    const { code, output, errors } = await query('category=payment', 'details.amount[gte]=42');
    const [head, ...lines] = output.trimEnd().split('\n');
    const columns = [
      'TIME',
      'TYPE',
      'OUTCOME',
      'ACTOR',
      'RESOURCE',
      'REASON',
      'AMOUNT',
      'CHANGED',
      'TENANT',
      'IP',
      'ID',
    ];
    expect(head?.split(/ {2,}/)).toEqual(columns);
    expect(lines.map((line) => line.split(/ {2,}/)[1])).toEqual(['payment_received', 'payment_received']);
    expect(lines.map((line) => line.split(/ {2,}/)[3])).toEqual(['user/u-1 (Ada)', 'user/u-1 (Ada)']);
    expect([code, errors]).toEqual([
      0,
      'note: events of 2026-01, 2026-02 were archived, and may be missing here; give --archives <folder>\n',
    ]);
  });

  it('prints archived events, too, with --archives, and is an event itself', async () => {
    const args = ['--archives', '.', '--key', scene.verifierKey, 'actorId=p-1', '--by', 'ops@host'];
    const { code, output, errors } = await query(...args);
    expect([code, errors]).toEqual([0, 'note: 2 of these events are from archives of 2026-01, 2026-02\n']);
    expect(output).toContain('ARCHIVE');
    const json = await query(...args, 'limit=1', '--json', '--tenant', 'acme');
    const page = JSON.parse(json.output) as { items: { archive: string }[]; nextCursor: string; archived: object };
    expect(page.items).toHaveLength(1);
    expect(page.archived).toEqual({ included: true, months: ['2026-01', '2026-02'], events: 1 });
    const next = await query(
      ...args,
      'limit=1',
      '--json',
      '--tenant',
      'acme',
      `cursor=${page.nextCursor}`,
      'fields=id,archive',
    );
    expect(JSON.parse(next.output)).toMatchObject({ items: [{ archive: expect.any(String) }], nextCursor: null });
    await scene.seal();
    const [read] = await runSql(
      scene.database.url,
      `SELECT actor_id, tenant_id, details FROM audit_event WHERE action = 'audit_log_viewed' AND tenant_id = 'acme' ORDER BY id LIMIT 1`,
    );
    expect(read).toMatchObject({
      actor_id: 'ops@host',
      details: {
        shown: 1,
        access: { scope: 'tenants', tenantIds: ['acme'] },
        filters: { actorId: 'p-1', archived: true },
      },
    });
  });

  it.each([
    [['query', '--from', '2026-11-01'], 'a filter has no hyphens: from=<value>'],
    [['query', 'on=2026-11-01'], 'on is an unknown parameter (did you mean from and to?)'],
    [['query', 'product:rug'], 'product is not the name of a filter. To search for words, omit the colon'],
    [['erase', 'ben@example.com'], 'too many arguments; write erase --subject <id> --reason <text>'],
  ])('says for %p how to write it', async (args, problem) => {
    const run = await runCommand(args, { cwd: scene.folder, env: { DATABASE_URL: scene.database.url } });
    expect([run.code, run.errors]).toEqual([2, expect.stringContaining(problem)]);
  });

  it('shows no control characters of what others wrote', async () => {
    const { output } = await query('limit=200', '--archives', '.', '--key', scene.verifierKey);
    // eslint-disable-next-line no-control-regex -- which it looks for
    expect(output.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
  });
});
