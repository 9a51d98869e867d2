export { verifyConsistency, type TreeHead } from './consistency.js';
export { EMPTY_ROOT, HASH_BYTES, hashChildren, hashLeaf, isSameHash } from './hashes.js';
export { rootOfInclusion, verifyInclusion, type InclusionProof } from './inclusion.js';
export { OutsideTreeError } from './merkle.errors.js';
export { rootOfSubtrees, TreeFrontier } from './tree-frontier.js';
export {
  consistencyRanges,
  inclusionRanges,
  isSize,
  perfectNodesOf,
  type LeafRange,
  type TreeNode,
} from './tree-shape.js';
