import { expect, it } from '@jest/globals';
import { runSql, kept, testDatabase } from '../support/index.js';
import { parsePrometheusText } from '../support/prometheus-text.js';
import { startReferenceApp } from '../support/reference-app.js';

const TOKEN = 'the-token-of-the-scraper';

const own = await testDatabase();
const app = await kept(startReferenceApp(own.url, { HTTP_ADAPTER: 'fastify', AUDIT_METRICS_TOKEN: TOKEN }));

it('the metrics of the reference application cover each provider, leave no event, and answer while the database is away', async () => {
  const scrape = async (): Promise<string> => {
    const response = await fetch(`${app.url}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } });
    expect(response.status).toBe(200);
    return response.text();
  };
  const recorded = parsePrometheusText(await scrape()).get('audit_events_recorded_total')?.samples ?? [];
  expect(recorded.map(({ labels }) => labels.provider)).toEqual(expect.arrayContaining(['database', 'security-log']));
  expect(await scrape()).toContain(
    `audit_events_recorded_total{provider="database"} ${String(recorded.find(({ labels }) => labels.provider === 'database')?.value)}`,
  );

  await runSql(own.superuserUrl, `ALTER DATABASE ${own.name} CONNECTION LIMIT 0`);
  await runSql(
    own.superuserUrl,
    `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '${own.name}' AND pid <> pg_backend_pid()`,
  );
  expect(await scrape()).toContain('audit_ledger_up 0');
  await runSql(own.superuserUrl, `ALTER DATABASE ${own.name} CONNECTION LIMIT -1`);
});
