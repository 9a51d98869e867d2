import { nearestName } from './nearest-name.js';

/**
 * Returns a problem for each unknown option, which may be misspelt. TypeScript does not check the options from a factory.
 *
 * @param known an object with all options as its keys
 */
export function unknownOptions(options: object, known: object): readonly string[] {
  return unknownNames(options, known).map(([name, problem]) => `${name} ${problem}`);
}

/** Returns each unknown option with its problem. */
export function unknownNames(options: object, known: object): readonly (readonly [name: string, problem: string])[] {
  const given = Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  return given
    .filter((name) => !Object.hasOwn(known, name))
    .map((name) => {
      if (name === 'enabled')
        return [
          name,
          'belongs beside useFactory, not in its result, and only MonitoringModule and the rooms have this option',
        ];
      const nearest = nearestName(name, Object.keys(known));
      return [name, `is an unknown option${nearest === undefined ? '' : ` (did you mean ${nearest}?)`}`];
    });
}
