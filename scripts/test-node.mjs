// Runs the tests with another version of Node: `npm run test:node -- 26`, or a part of them: `npm run test:node -- 26 src/audit`.
import { spawnSync } from 'node:child_process';

const [version, ...files] = process.argv.slice(2);
if (!/^\d+(\.\d+)*$/.test(version ?? '')) {
  console.error('Usage: npm run test:node -- <version> [<files>…]');
  process.exit(2);
}
const jest = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];
const { status } = spawnSync('npx', ['-y', '-p', `node@${version}`, 'node', ...jest, ...files], { stdio: 'inherit' });
process.exit(status ?? 1);
