import { rename, writeFile } from 'node:fs/promises';
import { getErrorMessage } from '../../../base/errors/error-facts.js';
import { parseJson } from '../../../base/json/parse-json.js';
import { undefinedIfMissing, readRegular } from '../../errors/file-error.js';
import { HASH_BYTES } from '../log/merkle/hashes.js';
import { isSize } from '../log/merkle/tree-shape.js';
import { hashesAtLevel, TILE_WIDTH } from '../log/tiles/tile-address.js';
import { EMPTY_EDGE, type TreeEdge } from '../log/tiles/tree-edge.js';
import { verifyErrors } from '../../errors/verify.errors.js';

/** The progress of a verification that has no findings so far: the edge of the verified tree. */
export interface StoredProgress {
  readonly origin: string;
  readonly edge: TreeEdge;
}

export interface ProgressStore {
  /** Reads the stored edge; the edge of the empty tree before the first run. */
  read(origin: string): Promise<TreeEdge>;
  write(progress: StoredProgress): Promise<void>;
}

/** Stores the progress in a file, from which a later run resumes. Whoever can write to the file can make the later run skip events. */
export class ProgressFile implements ProgressStore {
  constructor(readonly path: string) {}

  /**
   * Reads the stored edge; the edge of the empty tree before the first run.
   *
   * @throws `AUDIT_REQUEST_INVALID` for a file of another log, or a file that is not a progress file
   */
  async read(origin: string): Promise<TreeEdge> {
    const text = await undefinedIfMissing(readRegular(this.path)).catch((error: unknown) => {
      throw verifyErrors.AUDIT_REQUEST_INVALID.notResumed(this.path, getErrorMessage(error));
    });
    if (text === undefined) return EMPTY_EDGE;
    const kept = this.parse(text.toString());
    if (kept.origin !== origin)
      throw verifyErrors.AUDIT_REQUEST_INVALID.notResumed(this.path, `it belongs to the log ${kept.origin}`);
    return kept.edge;
  }

  /**
   * Writes the progress, which is durable when the promise resolves. A crash leaves the old or the new file. Rejects with the file system's
   * error.
   */
  async write({ origin, edge }: StoredProgress): Promise<void> {
    const partials = edge.partials.map((partial) => Buffer.from(partial).toString('base64'));
    const draft = `${this.path}.${process.pid}`;
    const text = `${JSON.stringify({ origin, size: edge.size, partials })}\n`;
    await writeFile(draft, text, { mode: 0o600, flush: true });
    await rename(draft, this.path);
  }

  private parse(text: string): StoredProgress {
    try {
      const kept = parseJson(text) as { origin: string; size: number; partials: string[] }; // any other shape throws below
      const edge = { size: kept.size, partials: kept.partials.map((partial) => Buffer.from(partial, 'base64')) };
      if (!isEdge(edge)) throw new Error('its hashes do not fit its size');
      return { origin: kept.origin, edge };
    } catch (error) {
      throw verifyErrors.AUDIT_REQUEST_INVALID.notResumed(
        this.path,
        `it is not a progress file (${getErrorMessage(error)})`,
      );
    }
  }
}

function isEdge({ size, partials }: TreeEdge): boolean {
  if (!isSize(size)) return false;
  const widths = partials.map(({ length }) => length / HASH_BYTES);
  const isComplete = hashesAtLevel(partials.length, size) === 0;
  return isComplete && widths.every((width, level) => width === hashesAtLevel(level, size) % TILE_WIDTH);
}
