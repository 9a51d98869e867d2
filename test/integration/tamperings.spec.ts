import { afterAll, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { Attackers } from './tamperings/attack.js';
import { rewriteAndPutBack } from './tamperings/checkpoints-and-keys.js';
import { TAMPERINGS } from './tamperings/index.js';
import { perform, type Performed } from './tamperings/perform.js';
import { makeTamperScene } from './tamperings/scene.js';
import { kinds, type Attacker, type Tampering } from './tamperings/tampering.js';

const attackers = await Attackers.make(await makeTamperScene());
const { scene } = attackers;

afterAll(() => attackers.remove());

it('a ledger that nobody tampered with is sound, by the key and the checkpoint that an auditor kept', async () => {
  const nothing: Tampering = {
    name: 'nothing of the ledger',
    as: 'superuser',
    isCommitted: true,
    do: BESIDE,
    outcome: { cannot: '' },
  };
  const { exitCode, verification, said } = await perform(attackers, nothing);
  expect(said).not.toContain('forged');
  // Roles belong to the whole server: logins of other specs are among them for a while.
  const unprotected = verification?.unprotected?.filter((each) => !each.startsWith('These logins add events'));
  expect({ exitCode, ...verification, unprotected }).toMatchObject({
    exitCode: 0,
    verdict: 'sound',
    findings: [],
    size: scene.size,
    retired: 100,
    erased: 1,
    waiting: 2,
    unprotected: [expect.stringContaining('The ledger belongs to app')],
  });
});

/** What only reads the ledger, or runs beside it, can be anybody's own. */
const BESIDE = `
  CREATE INDEX theirs ON audit_event USING gin (details);
  CREATE STATISTICS theirs_too ON actor_id, ip FROM audit_event;
  CREATE VIEW latest AS SELECT * FROM audit_event;
  CREATE PUBLICATION theirs FOR TABLE audit_event;
  CREATE EXTENSION citext;
  CREATE FUNCTION look() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
  CREATE EVENT TRIGGER other ON ddl_command_end EXECUTE FUNCTION look()`;

function isAt(finding: object, place: object): boolean {
  return Object.entries(place).every(([name, value]) => name === 'change' || Reflect.get(finding, name) === value);
}

function judge({ outcome, refusal, exitCode, verification, said }: Performed): void {
  if ('refused' in outcome) {
    expect(refusal).toMatch(outcome.refused);
    expect({ exitCode, said }).toMatchObject({ exitCode: 0 });
    return;
  }
  expect(refusal).toBeUndefined();
  if ('unchecked' in outcome) {
    expect(said).toMatch(outcome.unchecked);
    expect(exitCode).toBe(2);
  } else if ('named' in outcome) {
    const findings = verification?.findings ?? [];
    expect([new Set(findings.map(({ kind }) => kind)), exitCode]).toEqual([
      new Set(outcome.named.map(({ kind }) => kind)),
      1,
    ]);
    const missing = outcome.named.filter((place) => !findings.some((finding) => isAt(finding, place)));
    expect(missing).toEqual([]);
  } else if ('weakened' in outcome) {
    expect(said).toMatch(outcome.weakened);
  } else if ('told' in outcome) {
    expect(said).toMatch(outcome.told);
    expect([exitCode, verification?.findings ?? []]).toEqual([verification ? 0 : 1, []]); // of an archive, all is a sentence
  } else {
    expect({ findings: verification?.findings ?? [], exitCode }).toEqual({ findings: [], exitCode: 0 });
  }
}

const copiesLast = (one: Tampering, other: Tampering): number =>
  Number(one.isCommitted ?? false) - Number(other.isCommitted ?? false);

describe.each<Attacker>(['writer', 'owner', 'superuser', 'stolen key'])('who tampers as: %s', (attacker) => {
  const own = TAMPERINGS.filter(({ as }) => as === attacker).toSorted(copiesLast);
  it.each(own.map((tampering) => [tampering.name, tampering] as const))('%s', async (_name, tampering) => {
    judge(await perform(attackers, tampering));
  });
});

const changed = (place: string): Tampering['do'] => {
  return async (attack) => attack.run(`UPDATE audit_event SET reason = 'forged' WHERE ${place}`);
};

it('no more than 1,000 findings are named, and how many there are', async () => {
  const all: Tampering = { name: 'all', as: 'superuser', do: changed('true'), outcome: kinds('event_altered') };
  const { verification } = await perform(attackers, all);
  expect(verification?.findings).toHaveLength(1_000);
  expect(verification?.totalFindings).toBe(scene.size - 100); // the retired
});

describe('a verification from a checkpoint on', () => {
  const after = async (work: Tampering['do'], since: NonNullable<Tampering['since']>) =>
    (await perform(attackers, { name: 'since', as: 'stolen key', do: work, outcome: kinds(), since })).verification;
  const sinceKept = async () => Promise.resolve(scene.kept.note);

  it('leaves out what is before, for which the checkpoint vouches', async () => {
    const { kept, size, at, ids } = scene;
    expect(await after(changed('id = <middle>'), sinceKept)).toMatchObject({
      verdict: 'sound',
      checked: size - kept.size,
    });
    const { findings } = (await after(changed('id = <late>'), sinceKept)) ?? {};
    expect(findings).toMatchObject([{ kind: 'event_altered', index: at.late, eventId: ids[at.late] }]);
  });

  it('leaves out nothing when its tiles are not those of the checkpoint', async () => {
    const flip = 'UPDATE audit_tile SET hashes = set_byte(hashes, 0, 255 - get_byte(hashes, 0)) WHERE level = 1';
    const found = await after(flip, sinceKept);
    expect(found).toMatchObject({ checked: scene.size, findings: [{ kind: 'tile_altered' }] });
  });

  it('leaves out nothing when what is before was rewritten, also where the old checkpoint is put back', async () => {
    const found = await after(rewriteAndPutBack, async (attack) => {
      const [newest] = await attack.sql('SELECT note FROM audit_checkpoint ORDER BY size DESC LIMIT 1');
      return String(newest?.note);
    });
    expect(found?.checked).toBe(scene.size);
    expect(found?.findings).toMatchObject([
      { kind: 'history_rewritten', index: 0, lastIndex: scene.kept.size - 1 },
      { kind: 'checkpoint_contradicted', lastIndex: scene.kept.size - 1 },
    ]);
  });
});

it('the table of manipulations has one of each row of the guide that nothing can name, and none that the guide does not have', async () => {
  const guide = await readFile('docs/reference/threats.md', 'utf8');
  const rows = guide.split('\n').filter((line) => /^\|.*\| nothing +\|$/.test(line));
  const unnamed = rows.map((row) => row.split('|')[1]?.trim());
  const cannot = TAMPERINGS.flatMap(({ outcome }) => ('cannot' in outcome ? [outcome.cannot] : []));
  expect([...new Set(cannot)].toSorted()).toEqual(unnamed.toSorted());
});
