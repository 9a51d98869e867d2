import { PackageMissingError } from '../../monitoring/errors/package-missing.error.js';

/** Imports a package by its name. */
export type ImportPackage = (name: string) => Promise<unknown>;

const importPackage: ImportPackage = (name) => import(name);

/**
 * Loads the package of a destination.
 *
 * @throws PackageMissingError (`AUDIT_PACKAGE_MISSING`) where it is not
 */
export async function loadClient(
  name: string,
  destination: string,
  load: ImportPackage = importPackage,
): Promise<unknown> {
  try {
    return await load(name);
  } catch (error) {
    throw PackageMissingError.ofStreams(name, destination, error);
  }
}
