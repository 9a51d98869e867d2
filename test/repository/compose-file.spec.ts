import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parseYaml } from '@redocly/openapi-core';
import { COMMANDS } from '../../src/cli/commands.js';

interface Service {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, object>>;
  readonly volumes?: readonly string[];
  readonly configs?: readonly { readonly source: string; readonly target: string }[];
  readonly ports?: readonly string[];
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly configs: Readonly<Record<string, unknown>>;
}

interface Scraping {
  readonly rule_files: readonly string[];
  readonly scrape_configs: readonly {
    readonly authorization: { readonly credentials_file: string };
    readonly static_configs: readonly { readonly targets: readonly string[] }[];
  }[];
}

const read = (name: string): Promise<string> => readFile(join('ops', name), 'utf8');

const compose = parseYaml(await read('compose.yaml')) as Compose;
const services = Object.values(compose.services);

describe('ops/compose.yaml', () => {
  it('builds and mounts what is there, and names an exact image for the rest', () => {
    const builds = services.flatMap(({ build }) => build ?? []);
    const mounted = services.flatMap(({ volumes = [] }) => volumes).filter((each) => each.startsWith('.'));
    const paths = [
      ...builds.map(({ context, dockerfile }) => join('ops', context, dockerfile)),
      ...mounted.map((each) => join('ops', each.split(':')[0] ?? '')),
    ];
    expect(paths.length).toBeGreaterThan(5);
    expect(paths.filter((path) => !existsSync(path))).toEqual([]);
    for (const { image, build } of services) if (!build) expect(image).toMatch(/^[a-z/]+:v?\d/);
  });

  it('declares each volume, configuration and service that it uses', () => {
    const volumes = services.flatMap(({ volumes: used = [] }) => used.filter((each) => !each.startsWith('.')));
    expect(new Set(volumes.map((each) => each.split(':')[0]))).toEqual(new Set(Object.keys(compose.volumes)));
    const configs = services.flatMap(({ configs: used = [] }) => used.map(({ source }) => source));
    expect(configs).toEqual(Object.keys(compose.configs));
    const needed = services.flatMap(({ depends_on: others = {} }) => Object.keys(others));
    expect(needed.filter((name) => !(name in compose.services))).toEqual([]);
  });

  it('has its services reach each other by names and ports that they have', async () => {
    const { PORT } = Object.fromEntries(
      [...(await read('Dockerfile')).matchAll(/\b([A-Z_]+)=(\S+)/g)].map(([, name, value]) => [name, value]),
    ) as Record<string, string>;
    const { scrape_configs: scraped } = parseYaml(await read('prometheus/prometheus.yml')) as Scraping;
    const addresses = [
      ...scraped.flatMap((each) => each.static_configs.flatMap(({ targets }) => targets)),
      ...Array.from((await read('grafana/datasource.yml')).matchAll(/http:\/\/(\S+)/g), ([, address = '']) => address),
      ...services.flatMap(({ environment = {} }) =>
        Object.values(environment).flatMap((value) => /@([\w.-]+:\d+)/.exec(value)?.[1] ?? []),
      ),
    ];
    expect(addresses.toSorted()).toEqual([`application:${PORT}`, 'database:5432', 'prometheus:9090']);
    expect(compose.services.application?.ports?.[0]).toMatch(new RegExp(`:${PORT}$`));
    expect(await read('Dockerfile')).toContain(`EXPOSE ${PORT}\n`);
  });

  it('puts the token where Prometheus reads it, and the rules beside its configuration', async () => {
    const { rule_files: rules, scrape_configs: scraped } = parseYaml(
      await read('prometheus/prometheus.yml'),
    ) as Scraping;
    const { configs = [] } = compose.services.prometheus ?? {};
    expect(configs.map(({ target }) => target)).toEqual(scraped.map((each) => each.authorization.credentials_file));
    expect(rules.filter((file) => !existsSync(join('ops/prometheus', file)))).toEqual([]);
    const { path } = /path: (?<path>\S+)/.exec(await read('grafana/dashboards.yml'))?.groups ?? {};
    expect(compose.services.grafana?.volumes).toContain(`./grafana/audit.json:${path}/audit.json:ro`);
  });
});

it('the programs that the files for operations start are of the build, and their options are known', async () => {
  const texts = [
    await read('Dockerfile'),
    await read('nestjs-audit-shop.service'),
    ...services.map(({ command = [] }) => command.join(' ')),
  ].join('\n');
  const programs = [...texts.matchAll(/\bnode(?:", "| )(dist\/src\/[\w/-]+)\.js/g)].map(([, path = '']) => path);
  expect(programs.toSorted()).toEqual(['dist/src/cli/main', 'dist/src/shop/main', 'dist/src/shop/main']);
  expect(programs.filter((path) => !existsSync(`${path.replace('dist/', '')}.ts`))).toEqual([]);

  const called = [...texts.matchAll(/cli\/main\.js ([a-z-]+) (--[a-z-]+)/g)];
  expect(called.length).toBe(1);
  for (const [, name = '', option] of called) {
    const { command } = (await COMMANDS.get(name)?.load()) ?? {};
    expect(command?.describe().options.map(({ long }) => long)).toContain(option);
  }
});
