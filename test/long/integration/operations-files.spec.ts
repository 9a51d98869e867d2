import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { join, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parseYaml } from '@redocly/openapi-core';
import { AuditMetrics } from '../../../src/monitoring/index.js';
import { selectSystemUser } from '../../../src/shop/database/embedded/system-user.js';
import { startMetricsScene } from '../../support/metrics-scene.js';
import { createTestDatabase, tempFolder, closeAfterTests } from '../../support/index.js';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: Readonly<Record<string, string>>;
}

interface Panel {
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat?: string }[];
}

const RULES = 'ops/prometheus/audit.rules.yml';
const DOCKERFILE = 'ops/Dockerfile';
/** Prometheus adds these labels to each series. */
const ADDED = ['job', 'instance'];

async function readRules(): Promise<readonly Rule[]> {
  const { groups } = parseYaml(await readFile(RULES, 'utf8')) as { groups: { rules: Rule[] }[] };
  return groups.flatMap(({ rules }) => rules);
}

async function readPanels(): Promise<readonly Panel[]> {
  return (JSON.parse(await readFile('ops/grafana/audit.json', 'utf8')) as { panels: Panel[] }).panels;
}

function run(program: string, args: readonly string[], options: { cwd?: string; input?: string } = {}) {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', ...options });
  return { code: status, output: stdout + stderr };
}

const isInstalled = (program: string): boolean => run(program, ['--version']).code === 0;

const scene = await closeAfterTests(startMetricsScene());
await scene.send();
const scraped = await (await scene.scrape()).text();
const labels = new Map(
  scene.app
    .get(AuditMetrics)
    .registry.getMetricsAsArray()
    .map((metric) => [metric.name, (metric as unknown as { labelNames: string[] }).labelNames]), // prom-client's own field
);
const found = [...scraped.matchAll(/^# TYPE (\w+) (\w+)$/gm)].flatMap(([, name = '', kind]) => {
  const names = kind === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => name + end) : [name];
  const extra = kind === 'histogram' ? ['le'] : [];
  return names.map((each) => [each, [...(labels.get(name) ?? []), ...extra, ...ADDED]] as const);
});
const series = new Map(found);

describe('the files for Prometheus and Grafana', () => {
  function unknownIn(expression: string): readonly string[] {
    const named = [...expression.matchAll(/\baudit_\w+/g)].map(([name]) => name);
    const known = new Set(named.flatMap((name) => series.get(name) ?? []));
    const matched = [...expression.matchAll(/[{,]\s*(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label);
    const grouped = [...expression.matchAll(/\b(?:by|without|on|ignoring)\s*\(([^)]*)\)/g)].flatMap(([, list = '']) =>
      list.split(',').map((label) => label.trim()),
    );
    return [
      ...named.filter((name) => !series.has(name)),
      ...[...matched, ...grouped].filter((label) => !known.has(label)),
      ...(named.length === 0 ? [`${expression}: no series`] : []),
    ];
  }

  it('name series and labels that a scrape has, also in texts and legends', async () => {
    const ofRules = (await readRules()).map(({ alert, expr, annotations }) => {
      const texts = JSON.stringify(annotations).matchAll(/\$labels\.(\w+)/g);
      return { title: alert, expr, texts };
    });
    const ofPanels = (await readPanels()).flatMap(({ title, targets = [] }) =>
      targets.map(({ expr, legendFormat = '' }) => ({ title, expr, texts: legendFormat.matchAll(/\{\{(\w+)\}\}/g) })),
    );
    const unknown = [...ofRules, ...ofPanels].flatMap(({ title, expr, texts }) => {
      const known = [...expr.matchAll(/\baudit_\w+/g)].flatMap(([name]) => series.get(name) ?? []);
      const labels = Array.from(texts, ([, label = '']) => label).filter((label) => !known.includes(label));
      return [...unknownIn(expr), ...labels].map((what) => `${title}: ${what}`);
    });

    expect([ofRules.length > 15, ofPanels.length > 20]).toEqual([true, true]);
    expect(unknown).toEqual([]);
  });

  (isInstalled('promtool') ? describe : describe.skip)('by promtool', () => {
    it('have valid rules, which fire when they should', () => {
      expect(run('promtool', ['check', 'rules', RULES])).toMatchObject({ code: 0 });
      expect(run('promtool', ['test', 'rules', 'audit.rules.test.yml'], { cwd: 'ops/prometheus' })).toMatchObject({
        code: 0,
      });
    });

    it('have valid expressions in the dashboard', async () => {
      const expressions = (await readPanels()).flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
      const rules = expressions.map((expr, at) => {
        const query = expr.replaceAll('$__rate_interval', '5m').replaceAll(/"\$\w+"/g, '".+"');
        return { record: `dashboard:${at}`, expr: query };
      });
      const folder = await mkdtemp(join(scene.spillDir, 'rules-'));
      const file = join(folder, 'rules.yml');
      await cp(RULES, file);
      const written = run(process.execPath, [
        '-e',
        'require("fs").writeFileSync(process.argv[1], process.argv[2])',
        file,
        JSON.stringify({ groups: [{ name: 'dashboard', rules }] }),
      ]);
      expect(written.code).toBe(0);

      expect(run('promtool', ['check', 'rules', file])).toMatchObject({ code: 0 });
    });
  });
});

async function readInstructions(): Promise<readonly { stage: number; name: string; rest: string }[]> {
  const text = (await readFile(DOCKERFILE, 'utf8')).replaceAll(/\\\n\s*/g, '');
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  let stage = -1;
  return lines.map((line) => {
    const [name = '', ...rest] = line.split(' ');
    if (name === 'FROM') stage++;
    return { stage, name, rest: rest.join(' ') };
  });
}

describe('the files for containers', () => {
  it('run as a user without rights, on a root that nothing writes to', async () => {
    const { services } = parseYaml(await readFile('ops/compose.yaml', 'utf8')) as {
      services: Record<string, Record<string, unknown>>;
    };
    const instructions = await readInstructions();

    expect(instructions.filter(({ name }) => name === 'USER')).toEqual([{ stage: 1, name: 'USER', rest: 'node' }]);
    for (const name of ['application', 'signing-key']) {
      expect(services[name]).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      });
    }
  });

  it('set variables that the application reads', async () => {
    const known = await readFile('.env.example', 'utf8');
    const compose = await readFile('ops/compose.yaml', 'utf8');
    const unit = await readFile('ops/nestjs-audit-shop.service', 'utf8');
    const dockerfile = await readFile(DOCKERFILE, 'utf8');
    const set = [dockerfile, compose, unit].flatMap(
      (text) => text.match(/\b(?:AUDIT|MAIL|ADMIN|DATABASE)_[A-Z_]+/g) ?? [],
    );

    expect(set.length).toBeGreaterThan(15);
    expect(set.filter((name) => !known.includes(`${name}=`))).toEqual([]);
  });

  it('start from copied packages, as another user, in folders that it cannot write to', async () => {
    const folder = await tempFolder('audit-image-');
    const database = await createTestDatabase();
    const user = await selectSystemUser(join(folder, 'none'));
    try {
      await chmod(folder, 0o755);
      const app = join(folder, 'app');
      const data = join(folder, 'data');
      const packages = run(process.execPath, ['ops/copy-runtime-packages.mjs', join(app, 'node_modules')]);
      expect(packages).toMatchObject({ code: 0 });
      await cp('dist', join(app, 'dist'), { recursive: true });
      await cp('package.json', join(app, 'package.json'));
      await mkdir(data);
      if (user) await chown(data, user.uid, user.gid);
      await chmod(app, 0o555);
      const variables = (await readInstructions()).filter(({ stage, name }) => stage === 1 && name === 'ENV');
      const ofImage = variables
        .flatMap(({ rest }) => rest.split(/\s+/))
        .map((each) => each.replaceAll('/data', data).split('=') as [string, string]);
      const env = {
        ...Object.fromEntries(ofImage),
        PATH: process.env.PATH,
        HOST: '127.0.0.1',
        PORT: '0',
        DATABASE_URL: database.url,
        ADMIN_PASSWORD: 'correct horse battery',
        AUDIT_WRITER_KEY: 'a key of the tests that has 32 characters or more',
        AUDIT_LEDGER_ORIGIN: 'example.com/image',
      };
      const as = { cwd: app, env, ...(user && { uid: user.uid, gid: user.gid }) };
      const node = join(folder, 'node'); // the one of these tests may be in a home that nobody else reads
      await copyFile(process.execPath, node);
      const made = spawnSync(node, ['dist/src/cli/main.js', 'keygen', '--output', join(data, 'signing.key')], as);
      expect(made.status).toBe(0);

      const child = spawn(node, ['dist/src/shop/main.js'], { ...as, stdio: ['ignore', 'pipe', 'pipe'] });
      const ended = once(child, 'exit');
      const lines: string[] = [];
      const listening = new Promise<string>((heard) => {
        for (const stream of [child.stdout, child.stderr]) {
          createInterface({ input: stream }).on('line', (line) => {
            lines.push(line);
            const url = /Listening on (http:\/\/[^ ]+)/.exec(line)?.[1];
            if (url !== undefined) heard(url);
          });
        }
      });
      const url = await Promise.race([listening, ended.then(() => lines.join('\n'))]);
      expect(url).toMatch(/^http:/);
      const health = await fetch(`${url}/health`);
      child.kill('SIGTERM');
      await ended;

      expect([health.status, child.exitCode]).toEqual([200, 0]);
      expect((await readdir(app)).sort()).toEqual(['dist', 'node_modules', 'package.json']);
      expect(await readdir(data)).toEqual(expect.arrayContaining(['signing.key', 'spill']));
    } finally {
      await chmod(join(folder, 'app'), 0o755).catch(() => undefined);
      await rm(folder, { recursive: true, force: true });
      await database.drop();
    }
  });
});

(isInstalled('systemd-analyze') ? describe : describe.skip)('the unit of systemd', () => {
  it('is valid', () => {
    expect(run('systemd-analyze', ['verify', resolve('ops/nestjs-audit-shop.service')])).toEqual({
      code: 0,
      output: '',
    });
  });
});
