// The process prints each step of the retention, and waits at a given step until the test kills the process.
import { setInterval } from 'node:timers';
import { WriterKeys } from '../../dist/src/audit/nest-free.js';
import { Archives } from '../../dist/src/monitoring/keep/archive/archives.js';
import { FolderArchiveStore } from '../../dist/src/monitoring/keep/archive/archive-store.js';
import { signNote } from '../../dist/src/monitoring/proof/log/notes/signed-note.js';
import { readKeyFile } from '../../dist/src/monitoring/proof/signing/signing-key-file.js';
import { InboxKeys } from '../../dist/src/monitoring/store/inbox-keys.js';
import { WRITERS } from '../../dist/src/monitoring/store/sessions/ledger-client.js';
import { runRetention } from '../../dist/src/monitoring/keep/lifecycle/retention/retention-run.js';

const { connectionUrl, archiveDir, keyFile, writerKey, origin, policy, stopAt } = JSON.parse(process.argv[2]);
WRITERS.set(connectionUrl, new InboxKeys(new WriterKeys([writerKey]), origin));
const { signers, verifiers } = await readKeyFile(keyFile, origin);
const archives = new Archives(new FolderArchiveStore(archiveDir), {
  signText: (text) => signNote(text, signers),
  trust: { origin, keys: verifiers },
});
const report = await runRetention({
  connectionUrl,
  archives,
  policy,
  onStep: async (step, { kind }) => {
    if (`${kind} ${step}` !== stopAt) return;
    process.stdout.write('stopped\n');
    setInterval(() => undefined, 60_000);
    await new Promise(() => undefined);
  },
});
process.stdout.write(`${JSON.stringify(report)}\n`);
