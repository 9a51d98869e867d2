import { existsSync } from 'node:fs';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCode } from '../../audit/plain.js';
import type { Report } from './report.js';
import { ReportRequestError } from './report-request.error.js';
import { bundleOf } from './write/bundle.js';
import type { BundleFiles } from './write/bundle-manifest.js';
import { sampleLines } from './write/sample-lines.js';
import type { SigningKeys } from '../../modules/monitoring/signing/signing-key-file.js';
import { readViewerFiles } from '../../modules/viewer/viewer-files.js';
import type { Subject } from '../doctor/subject.js';
import type { CommandEnvironment } from '../key-of-environment.js';

/** The name of the verifier in the viewer's build. */
const VERIFIER = 'verifier.js';

/** Makes the files of a report's bundle. @throws ViewerNotBuiltError (`AUDIT_VIEWER_NOT_BUILT`). Rejects with the client's error */
export async function bundleFiles(
  report: Report,
  { database, keys }: { readonly database: string; readonly keys: SigningKeys },
): Promise<BundleFiles> {
  const { signers, verifierKeys, formerKeys } = keys;
  const verifier = readViewerFiles().assets.get(VERIFIER)?.content.identity.toString('utf8') ?? '';
  const samples = await sampleLines(database, report);
  return bundleOf(report, { signers, verifierKeys: [...verifierKeys, ...formerKeys], verifier, samples });
}

/** Returns where the key is; the application's own options take precedence. */
export function environmentOf(environment: CommandEnvironment, subject: Subject | undefined): CommandEnvironment {
  const { signingKeyFile, origin } = subject?.ledger ?? {};
  return {
    ...environment,
    ...(signingKeyFile !== undefined && { AUDIT_SIGNING_KEY_FILE: signingKeyFile }),
    ...(origin !== undefined && { AUDIT_LEDGER_ORIGIN: origin }),
  };
}

/** Refuses a folder with files. @throws ReportRequestError (`AUDIT_REPORT_REQUEST_INVALID`), since they may belong to another report */
export async function refuseFilled(folder: string): Promise<void> {
  try {
    if ((await readdir(folder)).length > 0) throw ReportRequestError.filled(folder);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}

/**
 * Checks that the report can be written before the ledger is read, which may take long. Rejects with the system's error for a missing
 * folder. @throws ReportRequestError (`AUDIT_REPORT_REQUEST_INVALID`) for an existing file
 */
export async function refuseTaken(file: string): Promise<void> {
  await stat(dirname(file));
  if (existsSync(file)) throw ReportRequestError.taken(file);
}

/** Writes the files into a new folder, readable only by this user. */
export async function writeBundle(folder: string, files: BundleFiles): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const [name, content] of files) {
    await writeFile(join(folder, name), content, { mode: 0o600, flag: 'wx', flush: true });
  }
}
