import { findNearestName } from './nearest-name.js';

/**
 * Returns a problem for each unknown option, which may be misspelt. TypeScript does not check the options from a factory.
 *
 * @param known an object with all options as its keys
 */
export function findUnknownOptions(options: object, known: object): readonly string[] {
  return findUnknownNames(options, known).map(([name, problem]) => `${name} ${problem}`);
}

/** Returns each unknown option with its problem. */
export function findUnknownNames(
  options: object,
  known: object,
): readonly (readonly [name: string, problem: string])[] {
  const input = Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  return input
    .filter((name) => !Object.hasOwn(known, name))
    .map((name) => {
      if (name === 'enabled')
        return [
          name,
          'belongs beside useFactory, not in its result, and only MonitoringModule and the extensions have this option',
        ];
      const nearest = findNearestName(name, Object.keys(known));
      return [name, `is an unknown option${nearest === undefined ? '' : ` (did you mean ${nearest}?)`}`];
    });
}
