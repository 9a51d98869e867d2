import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The runner removes these folders after all specs. */
export const tempFolder = (prefix: string): Promise<string> => mkdtemp(join(tmpdir(), prefix));
