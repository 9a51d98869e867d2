import { AuditError, canonicalJson } from '../../../audit/plain.js';
import type { CheckpointTrust } from '../log/notes/checkpoint.js';
import { verifyAct, type Act } from './act-note.js';

/** What the details of an act's event come to: the signed act, or why they hold no act. */
export type JudgedAct = { readonly act: Act } | { readonly wrong: string };

/**
 * Holds the details of an event against the act that they carry: `details.act` is the signed note, and the others are what it
 * states. Never throws.
 *
 * @param name of the act
 */
export function judgeAct(name: string, details: Readonly<Record<string, unknown>>, trust: CheckpointTrust): JudgedAct {
  const { act: note, ...stated } = details;
  if (typeof note !== 'string') return { wrong: 'its event carries no signed act' };
  try {
    const act = verifyAct(note, trust);
    if (canonicalJson(act.statement) === canonicalJson({ ...stated, act: name })) return { act };
    return { wrong: 'its event says otherwise than the signed act in it' };
  } catch (error) {
    if (error instanceof AuditError) return { wrong: `its act is not accepted: ${error.message.replace(/\.$/, '')}` };
    throw error;
  }
}
