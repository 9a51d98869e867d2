import { execFile } from 'node:child_process';
import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const FOLDER = fileURLToPath(new URL('../../.data/bench/nodes', import.meta.url));
const run = promisify(execFile);

/**
 * Another version of Node, from the packages that the npm package `node` brings its binaries in; kept for the next run.
 *
 * @returns where it is and which it is, or `undefined`, once it is said, when it cannot be had
 */
export async function findNode(major, log) {
  const name = `node-${process.platform}-${process.arch}`;
  const folder = join(FOLDER, String(major));
  const execPath = join(folder, 'node_modules', name, 'bin', 'node');
  try {
    await access(execPath).catch(() => install(folder, `${name}@${major}`));
    const { stdout } = await run(execPath, ['-p', 'process.versions.node']);
    return { execPath, version: stdout.trim() };
  } catch (error) {
    log(`Node ${major}: skipped, since its binary cannot be had: ${error.message.split('\n', 1)[0]}`);
    return undefined;
  }
}

async function install(folder, what) {
  await mkdir(folder, { recursive: true });
  await run('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', '--ignore-scripts', what]);
}
