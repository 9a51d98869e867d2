// An empty folder dist contains no output of deleted sources.
import { spawnSync } from 'node:child_process';
import { copyFileSync, rmSync } from 'node:fs';

rmSync('dist', { recursive: true, force: true });
const { status } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
  stdio: 'inherit',
});
for (const file of ['collection.json', 'nest-add.schema.json']) {
  copyFileSync(`src/schematics/${file}`, `dist/src/schematics/${file}`);
}
process.exitCode = status ?? 1;
