import { isErrorCodeShape, isErrorNameShape } from '../../audit/nest-free.js';
import { EVENT_FIELDS } from '../proof/sealing/event-layout.js';
import { unlessShape, type OwnTest } from '../proof/sealing/personal-tests.js';

const always: OwnTest = () => true;

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

function testsIn(wanted: string): ReadonlyMap<string, OwnTest> {
  const tests = new Map<string, OwnTest>();
  for (const { group, name, personal } of EVENT_FIELDS) {
    if (group !== wanted) continue;
    if (personal === 'always') tests.set(name, always);
    else if (typeof personal === 'object') tests.set(name, personal.when);
  }
  return tests;
}
