import { describe, expect, it } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import pg from 'pg';
import { freshKeyFile, runCommand, testDatabase, withClient, type CommandRun } from '../support/index.js';
import { addEvents, makeSequencer, makeSigner, ORIGIN } from '../support/log-scene.js';

/** The name wipes the screen, begins a line, reverses the text after it, and moves the cursor up by a one-byte control. */
const NAME = 'thin\u001b[2J\rsound\nsound: all\u202e\u009b2A\u2028\u{E0001}';
const GREEN_SOUND = '\u001b[32msound\u001b[39m: ';
/** A terminal obeys these characters; the end of a line may stay. */
const OBEYED = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

const database = await testDatabase();
const keyFile = freshKeyFile();
const signer = await makeSigner(keyFile);
const { sequencer } = makeSequencer(database.url, signer);
await withClient(database.url, async (client) => addEvents(client, 1));
await sequencer.run();
await sequencer.close();
await writeFile(`${keyFile}.pub`, signer.verifierKey);
const name = pg.escapeIdentifier(NAME);
await database.superuserSql(`CREATE FUNCTION thin() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
     CREATE TRIGGER ${name} BEFORE INSERT ON audit_leaf FOR EACH ROW EXECUTE FUNCTION thin()`);

async function call(...args: readonly string[]): Promise<CommandRun> {
  const env = {
    DATABASE_URL: database.url,
    AUDIT_SIGNING_KEY_FILE: keyFile,
    AUDIT_LEDGER_ORIGIN: ORIGIN,
    FORCE_COLOR: '1',
  };
  return runCommand(args, { cwd: dirname(keyFile), env });
}

describe('names of the database with characters that a terminal obeys', () => {
  it('are shown by verify with others in their place, on one line, and the verdict in its colour', async () => {
    const { output, errors } = await call('verify', '--key', `${keyFile}.pub`);
    expect(output).toContain(GREEN_SOUND);
    expect(output.replace(GREEN_SOUND, '') + errors).not.toMatch(OBEYED);
    expect(output.split('\n').filter((line) => line.includes('sound: all'))).toEqual([
      expect.stringContaining(
        'trigger thin\ufffd[2J\ufffdsound\ufffdsound: all\ufffd\ufffd2A\ufffd\ufffd of audit_leaf',
      ),
    ]);
  });

  it('are escaped by --json, and the same to who parses it', async () => {
    const { output } = await call('verify', '--json', '--key', `${keyFile}.pub`);
    expect(output).not.toMatch(OBEYED);
    expect(JSON.parse(output)).toMatchObject({ unprotected: expect.arrayContaining([expect.stringContaining(NAME)]) });
  });
});
