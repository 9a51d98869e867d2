import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { commandErrors } from './cli.errors.js';

/** Loads the exports of a compiled file, relative to the working directory. @throws `AUDIT_TARGET_INVALID` */
export async function loadExports(file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    // A module's namespace is an object of its exports.
    const namespace = (await import(pathToFileURL(resolve(file)).href)) as Record<string, unknown>;
    // For a CommonJS file, Node may find only the default export. The value of `default` then contains all exports, perhaps with a second
    // `default`.
    const inner = namespace.default;
    return typeof inner === 'object' && inner !== null ? { ...namespace, default: inner, ...inner } : namespace;
  } catch (error) {
    throw commandErrors.AUDIT_TARGET_INVALID.notLoaded(file, error);
  }
}
