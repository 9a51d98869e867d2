import { isErrorCodeShape, isErrorNameShape } from '../../../audit/plain.js';
import { EVENT_FIELDS, PERSONAL_FIELDS } from './event-layout.js';
import { always, unlessShape, type OwnTest } from './personal-tests.js';

/** For each object of an event, the tests that decide which of its fields are personal. Fields without a test are facts. */
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

/** The pointers of personal values that have their own columns. */
export const OWN_POINTERS: ReadonlySet<string> = new Set(PERSONAL_FIELDS.map(({ pointer }) => pointer));

function testsIn(wanted: string): ReadonlyMap<string, OwnTest> {
  const tests = new Map<string, OwnTest>();
  for (const { group, name, personal } of EVENT_FIELDS) {
    if (group !== wanted) continue;
    if (personal === 'always') tests.set(name, always);
    else if (typeof personal === 'object') tests.set(name, personal.when);
  }
  return tests;
}

/** Escapes a field's name for a JSON Pointer. */
export function escapeName(name: string): string {
  return /[~/]/.test(name) ? name.replaceAll('~', '~0').replaceAll('/', '~1') : name;
}

export function unescapeName(name: string): string {
  return name.replaceAll('~1', '/').replaceAll('~0', '~');
}
