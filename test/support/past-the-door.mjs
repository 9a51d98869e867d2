import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import swc from '@swc/jest';

const doors = new Map();

/** The file of each name that an index.ts exports. */
function filesBehind(door) {
  const known = doors.get(door);
  if (known) return known;
  const exported = readFileSync(door, 'utf8').matchAll(/export (?:type )?\{([^}]*)\} from '\.\/([^']+)'/g);
  const files = new Map(
    [...exported].flatMap(([, names, file]) =>
      names.split(',').map((name) => [name.replace('type ', '').trim(), file]),
    ),
  );
  doors.set(door, files);
  return files;
}

/** Imports each name of an index.ts from its own file, on the same line. */
function passDoors(source, path) {
  return source.replace(/import \{([^}]*)\} from '(\.[^']*\/)index\.js';/g, (statement, names, folder) => {
    const files = filesBehind(resolve(dirname(path), folder, 'index.ts'));
    const values = names.split(',').map((name) => name.trim());
    const imports = values
      .filter((name) => name !== '' && !name.startsWith('type '))
      .map((name) => `import { ${name} } from '${folder}${files.get(name.split(' ')[0]) ?? 'index.js'}';`);
    return imports.join(' ') + '\n'.repeat(statement.split('\n').length - 1);
  });
}

/**
 * A transformer that lets a spec load the files that it uses, instead of an index.ts with all of its files: that of the core
 * has 150, and Nest. For the unit specs alone: `npm test` runs them as they are written.
 */
export default {
  createTransformer(options) {
    const { process, processAsync, getCacheKey, ...others } = swc.createTransformer(options);
    return {
      ...others,
      process: (source, path, ...rest) => process(passDoors(source, path), path, ...rest),
      processAsync: (source, path, ...rest) => processAsync(passDoors(source, path), path, ...rest),
      getCacheKey: (source, path, ...rest) => getCacheKey(passDoors(source, path), path, ...rest),
    };
  },
};
