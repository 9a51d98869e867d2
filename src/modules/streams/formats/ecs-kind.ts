import { OCSF_CLASSES, ocsfKindOf } from '../../monitoring/export/formats/ocsf-class.js';
import type { LedgerEvent } from '../../monitoring/query/ledger-event.js';

/** The kind of an event in the Elastic Common Schema: its category, and its types. */
export interface EcsKind {
  readonly category: readonly string[];
  readonly type: readonly string[];
}

/** The ECS types of the activities of OCSF classes that begin with creation. */
const CREATION_FIRST: Readonly<Record<number, string>> = { 1: 'creation', 2: 'access', 3: 'change', 4: 'deletion' };
const ACCOUNT: Readonly<Record<number, string>> = { 1: 'creation', 6: 'deletion', 99: 'info' };
const LIFECYCLE: Readonly<Record<number, string>> = { 3: 'start', 4: 'end', 5: 'start' };
const FILE: Readonly<Record<number, string>> = { 1: 'creation', 2: 'access', 4: 'deletion', 9: 'access' };
const AUTHENTICATION: Readonly<Record<number, string>> = { 1: 'start', 2: 'end' };
const DATASTORE: Readonly<Record<number, string>> = { 1: 'access', 4: 'access' };
const PACKAGE: Readonly<Record<number, string>> = { 1: 'installation', 2: 'deletion' };

const IAM_ENTITY = /^(role|permission|scope|api_key|oauth_client|user)_/;

/** The category and types of an event, derived from its class and activity in OCSF; the category allows each of its types. Never fails. */
export function ecsKindOf(event: Pick<LedgerEvent, 'action' | 'category' | 'outcome'>): EcsKind {
  const { classUid, activityId } = ocsfKindOf(event);
  switch (classUid) {
    case OCSF_CLASSES.accountChange:
      return { category: ['iam'], type: ['user', ACCOUNT[activityId] ?? 'change'] };
    case OCSF_CLASSES.authentication:
      return {
        category: event.category === 'session' ? ['authentication', 'session'] : ['authentication'],
        type: [AUTHENTICATION[activityId] ?? 'info'],
      };
    case OCSF_CLASSES.authorizeSession:
      return { category: ['session'], type: ['info'] };
    case OCSF_CLASSES.userAccess:
      return { category: ['iam'], type: ['user', 'change'] };
    case OCSF_CLASSES.applicationLifecycle:
      return activityId in PACKAGE
        ? { category: ['package'], type: [PACKAGE[activityId] ?? 'info'] }
        : { category: ['process'], type: [LIFECYCLE[activityId] ?? 'change'] };
    case OCSF_CLASSES.datastoreActivity:
      return { category: ['database'], type: [DATASTORE[activityId] ?? 'change'] };
    case OCSF_CLASSES.fileHosting:
      return { category: ['file'], type: [FILE[activityId] ?? 'change'] };
    case OCSF_CLASSES.entityManagement:
      return entityKindOf(event, activityId);
    case OCSF_CLASSES.apiActivity:
      return { category: ['api'], type: withDecision(event, CREATION_FIRST[activityId] ?? 'info') };
  }
}

/**
 * The kind of an event about an entity: management of roles and keys is `iam`, which allows no access type; settings are `configuration`;
 * anything else is an API call.
 */
function entityKindOf(event: Pick<LedgerEvent, 'action' | 'category' | 'outcome'>, activityId: number): EcsKind {
  const type = CREATION_FIRST[activityId] ?? 'change';
  if (IAM_ENTITY.test(event.action)) return { category: ['iam'], type: [type === 'access' ? 'info' : type] };
  if (event.category === 'configuration' || event.category === 'administration') {
    return { category: ['configuration'], type: [type] };
  }
  return { category: ['api'], type: withDecision(event, type) };
}

function withDecision({ outcome }: Pick<LedgerEvent, 'outcome'>, type: string): readonly string[] {
  return outcome === 'denied' ? [type, 'denied'] : [type];
}
