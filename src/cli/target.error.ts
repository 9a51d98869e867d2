import { AuditError, errorMessage } from '../audit/plain.js';

/** A command cannot use a file of an application: its root module, its data source, or a function. */
export class TargetError extends AuditError {
  readonly code = 'AUDIT_TARGET_INVALID';

  static notLoaded(file: string, cause: unknown): TargetError {
    const how = /\.[cm]?ts$/.test(file)
      ? 'Name the built file, such as dist/data-source.js, or run the command with a loader of TypeScript: node --import tsx node_modules/.bin/nestjs-audit-ledger …'
      : 'Build the application, and name the built file.';
    return new TargetError(`Cannot load ${file}: ${seenOf(cause)}. ${how}`, { cause });
  }

  /** @param what the missing export, for example `the export AppModule` */
  static notExported(target: string, what: string, exported: readonly string[], whatToDo: string): TargetError {
    const seen = exported.length === 0 ? 'it exports nothing' : `it exports ${exported.join(', ')}`;
    return new TargetError(`Cannot find ${what} of ${target}: ${seen}. ${whatToDo}`);
  }

  static noModule(target: string): TargetError {
    return new TargetError(
      `Cannot check ${target}: it is not a module. Export a module class, a dynamic module, or a function that returns one.`,
    );
  }

  static notScanned(target: string, cause: unknown): TargetError {
    return new TargetError(
      `Cannot scan ${target}: ${errorMessage(cause)}. ` +
        'Check that it is a module, or a function without parameters that returns one, and that its imports can be resolved.',
      { cause },
    );
  }

  static noRoutes(target: string): TargetError {
    return new TargetError(
      `Cannot check ${target}: none of its routes changes state. ` +
        'Name the module that imports the controllers. For AppModule.forRoot(…), export a function that returns its result.',
    );
  }

  /** The server's address cannot be read from the data source. */
  static notUsable(target: string, seen: string, cause?: unknown): TargetError {
    return new TargetError(
      `Cannot use the data source of ${target}: ${seen}. Name a data source of type postgres, or give --database-url, or --host and --database, instead.`,
      { cause },
    );
  }

  static notConnected(target: string, cause: unknown): TargetError {
    return new TargetError(
      `Cannot connect the data source of ${target}: ${seenOf(cause)}. Check that its database runs, and that its settings are complete.`,
      { cause },
    );
  }
}

function seenOf(cause: unknown): string {
  return errorMessage(cause).replace(/\.$/, '');
}
