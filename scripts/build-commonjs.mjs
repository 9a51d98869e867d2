// Makes the CommonJS form of the library, dist/cjs, from the compiled ES modules: for Jest and for compilers that
// require() no ES modules. Node itself loads the ES modules in both ways, so that a process has one copy.
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { transform } from '@swc/core';
import ts from 'typescript';

const FROM = 'dist';
const TO = 'dist/cjs';
/** Of the migrations, the ledger's. */
const LIBRARY = /^(src\/(audit|modules\/monitoring)\/|migrations\/[^/]*audit).*\.(js|d\.ts)$/;

await mkdir(TO, { recursive: true });
await writeFile(join(TO, 'package.json'), '{ "type": "commonjs" }\n');
const files = await readdir(FROM, { recursive: true });
await Promise.all(files.filter((file) => LIBRARY.test(file)).map(convert));

async function convert(file) {
  await mkdir(dirname(join(TO, file)), { recursive: true });
  // Declarations read the same: which form they are of, the package.json above them says.
  if (file.endsWith('.d.ts')) return cp(join(FROM, file), join(TO, file));
  const source = withoutComments(await readFile(join(FROM, file), 'utf8'));
  const { code } = await transform(source, {
    filename: file,
    swcrc: false,
    configFile: false,
    isModule: true,
    jsc: { target: 'es2022', parser: { syntax: 'ecmascript' }, keepClassNames: true },
    module: { type: 'commonjs', ignoreDynamic: false },
  });
  await writeFile(join(TO, file), code);
}

/** The ES modules have them, for who reads the code. */
function withoutComments(source) {
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022, removeComments: true };
  return ts.transpileModule(source, { compilerOptions }).outputText;
}
