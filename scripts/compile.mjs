// Compiles what changed. The folder dist contains no output of deleted sources.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, rmSync } from 'node:fs';

const OUTPUT = /(\.d)?\.[jt]s$/;

for (const folder of ['src', 'migrations'].filter((each) => existsSync(`dist/${each}`)))
  for (const file of readdirSync(`dist/${folder}`, { recursive: true }))
    if (OUTPUT.test(file) && !existsSync(`${folder}/${file.replace(OUTPUT, '.ts')}`)) rmSync(`dist/${folder}/${file}`);
const { status } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
  stdio: 'inherit',
});
for (const file of ['collection.json', 'nest-add.schema.json']) {
  copyFileSync(`src/schematics/${file}`, `dist/src/schematics/${file}`);
}
process.exitCode = status ?? 1;
