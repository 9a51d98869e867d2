import { AuditError, errorMessage } from '../audit/plain.js';

/** The command `coverage` was given an application that it cannot check. */
export class CoverageTargetError extends AuditError {
  readonly code = 'AUDIT_COVERAGE_TARGET_INVALID';

  static notLoaded(file: string, cause: unknown): CoverageTargetError {
    return new CoverageTargetError(
      `Cannot load ${file}: ${errorMessage(cause)}. Build the application, and name the file of its root module.`,
      { cause },
    );
  }

  static notExported(target: string, name: string | undefined, exported: readonly string[]): CoverageTargetError {
    const seen = exported.length === 0 ? 'it exports nothing' : `it exports ${exported.join(', ')}`;
    return new CoverageTargetError(
      `Cannot find ${name === undefined ? 'the root module' : `the export ${name}`} of ${target}: ${seen}. Name the root module after #, as in dist/app.module.js#AppModule.`,
    );
  }

  static noModule(target: string): CoverageTargetError {
    return new CoverageTargetError(
      `Cannot check ${target}: it is not a module. Export a module class, a dynamic module, or a function that returns one.`,
    );
  }

  static notScanned(target: string, cause: unknown): CoverageTargetError {
    return new CoverageTargetError(
      `Cannot look through ${target}: ${errorMessage(cause)}. ` +
        'Check that it is a module, or a function without parameters that returns one, whose imports can be resolved.',
      { cause },
    );
  }

  static noRoutes(target: string): CoverageTargetError {
    return new CoverageTargetError(
      `Cannot check ${target}: none of its routes changes state. ` +
        'Name the module that imports the controllers, as the application makes it: ' +
        'where that is AppModule.forRoot(…), export a function that returns it.',
    );
  }
}
