// An empty folder dist contains no output of deleted sources.
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, rmSync } from 'node:fs';

rmSync('dist', { recursive: true, force: true });
const { status } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
  stdio: 'inherit',
});
for (const file of ['collection.json', 'nest-add.schema.json']) {
  copyFileSync(`src/schematics/${file}`, `dist/src/schematics/${file}`);
}
const command = 'dist/src/cli/main.js';
if (existsSync(command)) chmodSync(command, 0o755); // so that npx can run it in a clone
process.exitCode = status ?? 1;
