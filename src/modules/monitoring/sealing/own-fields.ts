import { isErrorCodeShape, isErrorNameShape, isFieldNameShape } from '../../../audit/plain.js';
import { EVENT_FIELDS } from './event-layout.js';
import { always, unlessShape, type OwnTest } from './personal-tests.js';

/** The fields that may be personal, by the object of the event that they stand in. The others never are. */
export const OWN_FIELDS: Readonly<Record<'actor' | 'error' | 'request' | 'resource', ReadonlyMap<string, OwnTest>>> = {
  actor: testsIn('actor'),
  error: new Map([
    ['code', unlessShape('/error/code', isErrorCodeShape)],
    ['message', always],
    ['name', unlessShape('/error/name', isErrorNameShape)],
  ]),
  request: testsIn('request'),
  resource: testsIn('resource'),
};

/** Where values of a personal part stood that have columns of their own. */
export const OWN_POINTERS: ReadonlySet<string> = new Set(
  EVENT_FIELDS.filter(({ personal, bit }) => personal === 'always' || bit !== 0).map(({ pointer }) => pointer),
);

function testsIn(wanted: string): ReadonlyMap<string, OwnTest> {
  const tests = new Map<string, OwnTest>();
  for (const { group, name, personal } of EVENT_FIELDS) {
    if (group !== wanted) continue;
    if (personal === 'always') tests.set(name, always);
    else if (typeof personal === 'object') tests.set(name, personal.when);
  }
  return tests;
}

/** Whether a JSON Pointer names fields that programmers named. */
export function isFactPath(path: string): boolean {
  return (
    path === '' ||
    path
      .split('/')
      .slice(1)
      .every((name) => isFieldNameShape(unescapeName(name)))
  );
}

/** A field's name as a JSON Pointer has it. */
export function escapeName(name: string): string {
  return /[~/]/.test(name) ? name.replaceAll('~', '~0').replaceAll('/', '~1') : name;
}

export function unescapeName(name: string): string {
  return name.replaceAll('~1', '/').replaceAll('~0', '~');
}
