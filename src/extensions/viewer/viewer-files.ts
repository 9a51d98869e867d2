import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync, gzipSync } from 'node:zlib';
import { getOwnPackage, parseJson } from '../../audit/nest-free.js';
import { viewerErrors } from './viewer.errors.js';

export interface ViewerFile {
  readonly type: string;
  /** The entity tag in double quotes, as in the header. */
  readonly etag: string;
  /** Whether the name contains a hash of the content, so that the file never changes. */
  readonly isHashed: boolean;
  readonly content: Readonly<Record<'identity' | 'gzip' | 'br', Buffer>>;
}

/** All files of the viewer. The viewer serves only these files. */
export interface ViewerFiles {
  readonly page: string;
  readonly assets: ReadonlyMap<string, ViewerFile>;
}

interface Manifest {
  readonly page: string;
  readonly files: readonly { readonly name: string; readonly type: string; readonly etag: string }[];
  /** The name of the file for each alias. An alias is the same in all builds. */
  readonly aliases?: Readonly<Record<string, string>>;
}

/** Reads all files of the viewer's build. @throws `AUDIT_VIEWER_NOT_BUILT` */
export function readViewerFiles(folder = findBuild()): ViewerFiles {
  try {
    const { page, files, aliases = {} } = parseJson(readFileSync(join(folder, 'manifest.json'), 'utf8')) as Manifest; // written by our build
    const assets = new Map(files.map((file) => [file.name, readAsset(folder, file)]));
    for (const [alias, name] of Object.entries(aliases)) {
      const file = assets.get(name);
      if (file) assets.set(alias, { ...file, isHashed: false });
    }
    return { page: readFileSync(join(folder, page), 'utf8'), assets };
  } catch (error) {
    throw viewerErrors.AUDIT_VIEWER_NOT_BUILT(`its build in ${folder} is missing or incomplete`, error);
  }
}

function readAsset(folder: string, { name, type, etag }: Manifest['files'][number]): ViewerFile {
  const br = readFileSync(join(folder, `${name}.br`)); // the package contains only this encoding, to be small
  const identity = brotliDecompressSync(br);
  return {
    type,
    etag: `"${etag}"`,
    isHashed: true,
    content: { identity, gzip: gzipSync(identity), br },
  };
}

/** Computes the entity tag of a text in the same way as the build. */
export function computeEtag(text: string): string {
  return `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
}

function findBuild(): string {
  const own = getOwnPackage();
  if (own) return join(own.folder, 'dist/viewer');
  throw viewerErrors.AUDIT_VIEWER_NOT_BUILT('the library runs outside its package, for example in a bundle', undefined);
}
