import { nearestName } from './nearest-name.js';
import { AuditError } from './audit.error.js';

/** The optional modules, by their names without `Module`. */
export type OptionalRoom = 'RowChanges' | 'Streams' | 'Watch' | 'JetStream' | 'AuditViewer';

/** The options of a module, a decorator or a call are invalid or contradict each other. */
export class InvalidOptionsError extends AuditError {
  readonly code = 'AUDIT_OPTIONS_INVALID';

  constructor(
    readonly problems: readonly string[],
    module: 'Audit' | 'Monitoring' | OptionalRoom = 'Audit',
    doing = `start ${module}Module`,
  ) {
    super(`Cannot ${doing}: ${problems.join('; ')}. Correct its options.`);
  }

  /**
   * Returns a problem for each unknown option, which may be misspelt. TypeScript does not check the options from a factory.
   *
   * @param known an object with all options as its keys
   */
  static unknownOptions(options: object, known: object): readonly string[] {
    const given = Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [name]));
    return given
      .filter((name) => !Object.hasOwn(known, name))
      .map((name) => {
        if (name === 'enabled')
          return 'enabled belongs beside useFactory, not in its result, and only MonitoringModule and the rooms have this option';
        const nearest = nearestName(name, Object.keys(known));
        return `${name} is an unknown option${nearest === undefined ? '' : ` (did you mean ${nearest}?)`}`;
      });
  }
}
