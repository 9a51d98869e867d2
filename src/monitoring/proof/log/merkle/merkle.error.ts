import { AuditError } from '../../../../audit/plain.js';

/** An index, a size or a list of hashes does not fit the tree. */
export class OutsideTreeError extends AuditError {
  readonly code = 'AUDIT_TREE_RANGE_INVALID';

  static ofLeaf(index: number, size: number): OutsideTreeError {
    return new OutsideTreeError(
      `Cannot prove that a leaf is in the tree: its index is ${index}, and the size is ${size}. Give an index from 0 to size - 1.`,
    );
  }

  static ofTree(oldSize: number, newSize: number): OutsideTreeError {
    return new OutsideTreeError(
      `Cannot compare trees of the sizes ${oldSize} and ${newSize}. Give the smaller size first; both must be from 0 to 2^53 - 1.`,
    );
  }
}
