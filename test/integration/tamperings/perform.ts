import { command as verifyCommand } from '../../../src/cli/verify/verify.command.js';
import type { Verification } from '../../../src/monitoring/proof/verify/verification.js';
import { verifyLedger } from '../../../src/monitoring/proof/verify/verify-ledger.js';
import { findUnprotected } from '../../../src/monitoring/store/schema/check-protection.js';
import { Attack, type Attackers } from './attack.js';
import type { Outcome, Tampering } from './tampering.js';

export interface Performed {
  readonly outcome: Outcome;
  readonly refusal: string | undefined;
  readonly exitCode: number;
  /** Absent where nothing could be checked, and for an archive. */
  readonly verification: Verification | undefined;
  readonly said: string;
}

type Answer = Omit<Performed, 'outcome' | 'refusal'>;

export async function perform(attackers: Attackers, tampering: Tampering): Promise<Performed> {
  const { as, do: work, isCommitted = false } = tampering;
  const attack = await Attack.open(attackers, as, isCommitted);
  try {
    const refusal = await attack.tamper(() => (typeof work === 'string' ? attack.sql(work) : work(attack)));
    const outcome = typeof tampering.outcome === 'function' ? tampering.outcome(attack) : tampering.outcome;
    const isByCommand = isCommitted || tampering.check !== undefined;
    const answer = isByCommand
      ? await answerOfCommand(attack, tampering)
      : await answerWithin(attack, outcome, tampering);
    return { outcome, refusal, ...answer };
  } finally {
    await attack.remove();
  }
}

async function answerOfCommand(attack: Attack, { check = asTheGuideSays, environment }: Tampering): Promise<Answer> {
  const { exitCode, output = '', errors = '' } = await verifyCommand.run(check(attack), environment?.(attack) ?? {});
  const isVerification = output.startsWith('{');
  const verification = isVerification ? (JSON.parse(output) as Verification) : undefined; // as --json has it
  return { exitCode, verification, said: output + errors };
}

/** No verdict depends on what protects the ledger, so each of the two is checked only where the outcome is about it. */
async function answerWithin(
  attack: Attack,
  outcome: Outcome,
  { since, isWitnessed = false }: Tampering,
): Promise<Answer> {
  const { verifierKey, kept, witnessKey } = attack.scene;
  await attack.becomeAuditor();
  const isOfProtection = 'weakened' in outcome || ('told' in outcome && attack.as === 'superuser');
  try {
    const unprotected = isOfProtection ? await findUnprotected(attack.client) : [];
    if ('weakened' in outcome) return { exitCode: 0, verification: undefined, said: unprotected.join('\n') };
    const verification = await verifyLedger({
      ...{ database: attack.client, verifierKeys: [verifierKey], published: [kept.note] },
      ...(since !== undefined && { since: await since(attack) }),
      ...(isWitnessed && { witnesses: { keys: [witnessKey], quorum: 1 } }),
    });
    const exitCode = verification.verdict === 'sound' ? 0 : 1;
    return { exitCode, verification, said: JSON.stringify({ ...verification, unprotected }) };
  } catch (error) {
    return { exitCode: 2, verification: undefined, said: String(error) };
  }
}

/** The guide has an auditor verify with the key and checkpoint that the auditor kept. */
function asTheGuideSays(attack: Attack): readonly string[] {
  return [...getLedgerArguments(attack), '--checkpoint', attack.file('kept.note')];
}

export function getLedgerArguments(attack: Attack): readonly string[] {
  return ['--json', '--database-url', attack.auditorUrl, '--key', attack.file('verifier.key')];
}
