import { isErrorCodeShape, isErrorNameShape } from '../../audit/nest-free.js';
import { EVENT_FIELDS } from '../proof/sealing/event-layout.js';
import { isPersonalUnlessShape, type OwnTest } from '../proof/sealing/personal-tests.js';

const alwaysOwn: OwnTest = () => true;

/** For each object of an event, the tests that decide which of its fields are personal. Fields without a test are facts. */
export const OWN_FIELDS: Readonly<Record<'actor' | 'error' | 'request' | 'resource', ReadonlyMap<string, OwnTest>>> = {
  actor: listOwnTests('actor'),
  error: new Map([
    ['code', isPersonalUnlessShape('/error/code', isErrorCodeShape)],
    ['message', alwaysOwn],
    ['name', isPersonalUnlessShape('/error/name', isErrorNameShape)],
  ]),
  request: listOwnTests('request'),
  resource: listOwnTests('resource'),
};

function listOwnTests(requested: string): ReadonlyMap<string, OwnTest> {
  const tests = new Map<string, OwnTest>();
  for (const { group, name, personal } of EVENT_FIELDS) {
    if (group !== requested) continue;
    if (personal === 'always') tests.set(name, alwaysOwn);
    else if (typeof personal === 'object') tests.set(name, personal.when);
  }
  return tests;
}
