import { createRequire } from 'node:module';
import { join } from 'node:path';
import type typescript from 'typescript';

/** The interface of the compiler. */
export type TypeScript = typeof typescript;

/** Loads the compiler of the application in this folder, or else that of the running program; `undefined` if neither has one. */
export function loadTypeScript(folder: string): TypeScript | undefined {
  for (const from of [join(folder, 'package.json'), process.argv[1] ?? folder]) {
    try {
      const found = createRequire(from)('typescript') as Partial<TypeScript>;
      if (typeof found.createSourceFile === 'function') return found; // a version with that function has the others, too
    } catch {
      // The next place may have it.
    }
  }
  return undefined;
}
