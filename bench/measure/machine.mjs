import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { open, rm } from 'node:fs/promises';
import { arch, availableParallelism, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { median } from '../statistics.mjs';

const PACKAGES = ['@nestjs/core', 'express', 'fastify', 'typeorm', 'pg', 'typeorm-auditing', 'pg-copy-streams'];

/** `folder` must be on the disk to which PostgreSQL writes. */
export async function describeMachine(folder) {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()} ${arch()}`,
    fsyncMs: await measureFsync(folder),
    loadAverageBefore: Number((loadavg()[0] ?? 0).toFixed(2)),
  };
}

/** The caller passes PostgreSQL's version, because only the server knows it. */
export async function describeVersions(postgresql) {
  const commit = execFileSync('git', ['rev-parse', '--short=9', 'HEAD'], { encoding: 'utf8' }).trim();
  const versions = { commit, node: process.versions.node, postgresql };
  for (const name of PACKAGES) {
    const path = new URL(`../../node_modules/${name}/package.json`, import.meta.url);
    versions[name] = JSON.parse(await readFile(path, 'utf8')).version;
  }
  return versions;
}

/** The result is the median of a hundred durable writes of 8 KiB, in milliseconds. */
async function measureFsync(folder) {
  const path = join(folder, 'fsync-probe');
  const file = await open(path, 'w');
  const page = new Uint8Array(8_192);
  const times = [];
  try {
    for (let round = 0; round < 100; round++) {
      await file.write(page, 0, page.length, 0);
      const start = performance.now();
      await file.datasync();
      times.push(performance.now() - start);
    }
  } finally {
    await file.close();
    await rm(path);
  }
  return Number(median(times).toFixed(3));
}
