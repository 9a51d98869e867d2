import { PackageMissingError } from '../../monitoring/errors/package-missing.error.js';

/**
 * Loads the package of a destination.
 *
 * @throws PackageMissingError (`AUDIT_PACKAGE_MISSING`) where it is not
 */
export async function loadClient<Package>(name: string, destination: string): Promise<Package> {
  try {
    return (await import(name)) as Package; // named by the caller
  } catch (error) {
    throw PackageMissingError.ofStreams(name, destination, error);
  }
}
