import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync, gzipSync } from 'node:zlib';
import { ownPackage, parseJson } from '../../audit/plain.js';
import { ViewerNotBuiltError } from './viewer-not-built.error.js';

/** A file of the viewer as it is sent. */
export interface ViewerFile {
  readonly type: string;
  /** In double quotes, as the header has it. */
  readonly etag: string;
  /** The name has a hash of the content, so that it never changes. */
  readonly isHashed: boolean;
  /** The same content by its encoding. */
  readonly content: Readonly<Record<'identity' | 'gzip' | 'br', Buffer>>;
}

/** What is served: nothing else is ever read from the disk. */
export interface ViewerFiles {
  /** The page, with its placeholders. */
  readonly page: string;
  readonly assets: ReadonlyMap<string, ViewerFile>;
}

/** What `npm run viewer` writes beside the files. */
interface Manifest {
  readonly page: string;
  readonly files: readonly { readonly name: string; readonly type: string; readonly etag: string }[];
  /** Files by a second name, which stays over all builds. */
  readonly aliases?: Readonly<Record<string, string>>;
}

/**
 * Reads all files of the viewer's build.
 *
 * @throws ViewerNotBuiltError (`AUDIT_VIEWER_NOT_BUILT`)
 */
export function readViewerFiles(folder = findBuild()): ViewerFiles {
  try {
    const { page, files, aliases = {} } = parseJson(readFileSync(join(folder, 'manifest.json'), 'utf8')) as Manifest; // our own build's
    const assets = new Map(files.map((file) => [file.name, readAsset(folder, file)]));
    for (const [alias, name] of Object.entries(aliases)) {
      const file = assets.get(name);
      if (file) assets.set(alias, { ...file, isHashed: false });
    }
    return { page: readFileSync(join(folder, page), 'utf8'), assets };
  } catch (error) {
    throw ViewerNotBuiltError.create(`its build in ${folder} is missing or incomplete`, error);
  }
}

function readAsset(folder: string, { name, type, etag }: Manifest['files'][number]): ViewerFile {
  const br = readFileSync(join(folder, `${name}.br`)); // alone: three forms were a tenth of the package
  const identity = brotliDecompressSync(br);
  return {
    type,
    etag: `"${etag}"`,
    isHashed: true,
    content: { identity, gzip: gzipSync(identity), br },
  };
}

/** The entity tag of a text, as the build makes those of files. */
export function etagOf(text: string): string {
  return `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
}

/** `dist/viewer` of the package that this file is in. */
function findBuild(): string {
  const own = ownPackage();
  if (own) return join(own.folder, 'dist/viewer');
  throw ViewerNotBuiltError.create('the library runs outside its package, such as in a bundle', undefined);
}
