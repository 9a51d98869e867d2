import type { Outcome } from '../../../cli/define-command.js';
import type { LedgerAccess } from '../../../monitoring/read/access/ledger-access.js';
import type { ThreadKind } from '../threads/thread-kinds.js';
import type { Reply, NewReply } from '../threads/thread.dto.js';
import type { CommandWatch } from './use-watch.js';

interface ReplyCall {
  readonly access: LedgerAccess;
  readonly refuse: (problem: string) => never;
}

/** Records an answer for a command, and describes it. */
export async function recordReply(
  { threads }: CommandWatch,
  { access, refuse }: ReplyCall,
  kind: ThreadKind,
  id: string,
  given: NewReply,
): Promise<Outcome> {
  const { changed, ...answer } =
    (await threads.reply(access, kind, id, given)) ?? refuse(`the ${kind} ${id} does not exist`);
  const warnings = changed ? [] : ['note: somebody did this already, so nothing was recorded'];
  return { text: [describeReply(answer)], data: { answer: { ...answer, changed } }, warnings };
}

const DONE: Readonly<Record<Reply['kind'], string>> = {
  acknowledge: 'acknowledged',
  resolve: 'resolved',
  end: 'ended',
  comment: 'commented',
  sign_off: 'signed off',
  review: 'reviewed',
};

export function describeReply({ id, kind, at, by, tenantId, comment, verdict }: Reply): string {
  const as = verdict === undefined ? '' : ` as ${verdict}`;
  const of = tenantId === undefined ? '' : ` tenant=${tenantId}`;
  const words = comment === undefined ? '' : `: ${comment}`;
  return `${at}  ${id}  ${DONE[kind]}${as} by ${by.id ?? by.type}${of}${words}`;
}
