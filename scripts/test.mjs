// Runs the specs of a command, or of a project: `node scripts/test.mjs test`, as `npm test` does. Further arguments go to Jest. A path with a
// slash, such as test/long/e2e/start, is found in all projects. Temporary files of the specs are removed afterwards, with their folder.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProjects } from '../test/projects.mjs';

const [command, ...args] = process.argv.slice(2);
const isPath = (arg) => !arg.startsWith('-') && arg.includes('/');
const projects = args.some(isPath) ? [] : ['--selectProjects', ...findProjects(command)];
const folder = mkdtempSync(join(tmpdir(), 'audit-tests-'));
chmodSync(folder, 0o1777); // servers run as another user, who needs the folder too
const { status } = spawnSync(process.execPath, ['node_modules/jest/bin/jest.js', ...args, ...projects], {
  stdio: 'inherit',
  env: { ...process.env, TMPDIR: folder },
});
rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
process.exit(status ?? 1);
