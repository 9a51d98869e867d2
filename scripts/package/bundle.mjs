/* Names stay, so that stack traces and Nest's messages match the sources. */
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { transform } from '@swc/core';
import { rolldown } from 'rolldown';
import ts from 'typescript';

const PROGRAMS = [
  'src/cli/main.js',
  'src/cli/verify/verify-thread.js',
  'src/monitoring/sealer/check-thread.js',
  'src/schematics/nest-add.js',
];
/** The declarations of the ES modules only export the declarations of CommonJS again. */
const TYPES = 'dist/cjs/types';
const RULES = 'src/extensions/alerts/shipped-rules';
const SCHEMATICS = ['collection.json', 'nest-add.schema.json'];

export async function bundleLibrary(manifest, folder) {
  const doors = Object.entries(manifest.exports).filter(([name]) => name !== './package.json');
  const toName = (door) => (door === '.' ? 'index' : door.slice('./'.length));
  const input = Object.fromEntries(doors.map(([door, file]) => [toName(door), file]));
  const programs = Object.fromEntries(PROGRAMS.map((file) => [basename(file, '.js'), join('dist', file)]));
  await writeFiles(await bundle({ ...input, ...programs }), join(folder, 'dist'));
  const common = await bundle(input);
  await writeFiles(await Promise.all(common.map(asCommonJs)), join(folder, 'dist/cjs'));
  await writeFiles([{ name: 'package.json', code: '{ "type": "commonjs" }\n' }], join(folder, 'dist/cjs'));
  await copyDeclarations(Object.values(input), join(folder, TYPES));
  const redirects = Object.entries(input).map(([name, file]) => ({
    name: `${name}.d.ts`,
    code: `export * from '${findTypes(file)
      .replace(/^/, './cjs/types/')
      .replace(/\.d\.ts$/, '.js')}';\n`,
  }));
  await writeFiles(redirects, join(folder, 'dist'));
  for (const file of SCHEMATICS) await cp(join('src/schematics', file), join(folder, 'dist', file));
  await cp('dist/viewer', join(folder, 'dist/viewer'), { recursive: true });
  for (const file of (await readdir(RULES)).filter((name) => name.endsWith('.yml'))) {
    await cp(join(RULES, file), join(folder, 'dist/rules', file));
  }
  return buildFields(doors.map(([door, file]) => [door, toName(door), findTypes(file)]));
}

/** With require(), too, Node loads the ES modules if it can, so that a process has only one copy of the library. */
function buildFields(doors) {
  const buildEntry = (name, types) => {
    const modules = { types: `./dist/${name}.d.ts`, default: `./dist/${name}.js` };
    const require = { types: `./${TYPES}/${types}`, default: `./dist/cjs/${name}.js` };
    return { 'module-sync': modules, require, default: modules };
  };
  const [[, , root], ...others] = doors;
  return {
    bin: { 'nestjs-audit-ledger': './dist/main.js' },
    main: './dist/cjs/index.js',
    types: `./${TYPES}/${root}`,
    typesVersions: { '*': Object.fromEntries(others.map(([, name, types]) => [name, [`./${TYPES}/${types}`]])) },
    exports: {
      ...Object.fromEntries(doors.map(([door, name, types]) => [door, buildEntry(name, types)])),
      './package.json': './package.json',
    },
    schematics: './dist/collection.json',
    files: ['dist'],
  };
}

async function bundle(input) {
  const made = await rolldown({
    input,
    platform: 'node',
    external: (id) => !/^[./]/.test(id),
    resolve: { extensions: ['.js'] },
    treeshake: { moduleSideEffects: true },
    logLevel: 'warn',
  });
  const { output } = await made.generate({
    format: 'es',
    keepNames: true,
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
    comments: false,
    minify: {
      compress: { keepNames: { function: true, class: true } },
      mangle: { keepNames: true, toplevel: false },
      codegen: { removeWhitespace: false },
    },
  });
  await made.close();
  return output.map(({ fileName, code }) => ({ name: fileName, code }));
}

async function asCommonJs({ name, code }) {
  const made = await transform(code, {
    filename: name,
    swcrc: false,
    configFile: false,
    isModule: true,
    jsc: { target: 'es2022', parser: { syntax: 'ecmascript' }, keepClassNames: true },
    module: { type: 'commonjs', ignoreDynamic: false },
  });
  return { name, code: made.code };
}

async function writeFiles(files, folder) {
  await mkdir(folder, { recursive: true });
  for (const { name, code } of files) await writeFile(join(folder, name), code);
}

/** Nobody can import declarations that the entries do not use. */
async function copyDeclarations(files, folder) {
  const reached = new Set();
  const reach = async (file) => {
    if (reached.has(file)) return;
    reached.add(file);
    const text = await readFile(join('dist', file), 'utf8');
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), text);
    const own = ts.preProcessFile(text).importedFiles.filter(({ fileName }) => fileName.startsWith('.'));
    await Promise.all(own.map(({ fileName }) => reach(join(dirname(file), fileName.replace(/\.js$/, '.d.ts')))));
  };
  await Promise.all(files.map((file) => reach(findTypes(file))));
}

function findTypes(file) {
  return file.replace(/^\.\/dist\//, '').replace(/\.js$/, '.d.ts');
}
