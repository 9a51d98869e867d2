import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Makes a folder of one's own among those that the runner removes when all specs are through. */
export const tempFolder = (prefix: string): Promise<string> => mkdtemp(join(tmpdir(), prefix));
