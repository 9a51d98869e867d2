import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface UnpackedChromium {
  readonly executable: string;
  readonly environment: Readonly<Record<string, string>>;
}

const { resolve } = createRequire(import.meta.url);
const UNPACK = `import chromium from '@sparticuz/chromium'; await chromium.executablePath();`;

/** Unpacks once a machine and version. Other workers may unpack too, so the folder gets its final name when all files are there. */
export async function unpackChromium(): Promise<UnpackedChromium> {
  const packageFolder = join(resolve('@sparticuz/chromium'), '../../..');
  const { version } = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8')) as { version: string };
  const folder = join(tmpdir(), `audit-ledger-chromium-${version}-${String(userInfo().uid)}`);
  if (!existsSync(folder)) await unpackInto(folder);
  return {
    executable: join(folder, 'chromium'),
    environment: { FONTCONFIG_FILE: join(folder, 'fonts.conf') },
  };
}

async function unpackInto(folder: string): Promise<void> {
  const fresh = await mkdtemp(`${folder}-`);
  // The package unpacks into the temporary folder of its process.
  await promisify(execFile)(process.execPath, ['--input-type=module', '-e', UNPACK], {
    cwd: import.meta.dirname,
    env: { ...process.env, TMPDIR: fresh, NODE_OPTIONS: '' },
  });
  await writeFile(join(fresh, 'fonts.conf'), fontsIn(folder));
  // If another worker was faster, its folder is equally good.
  await rename(fresh, folder).catch(() => rm(fresh, { recursive: true }));
}

function fontsIn(folder: string): string {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${folder}/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>${folder}/fonts-cache</cachedir>
</fontconfig>
`;
}
