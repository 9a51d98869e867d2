export { decodeBundle, encodeBundle, MAX_ENTRY_BYTES } from './entry-bundle.js';
export { InclusionProver } from './inclusion-prover.js';
export { proveConsistency, proveInclusion, readFrontier, readRoot } from './prove.js';
export { hashesAtLevel, newTiles, partialTilesOf, TILE_WIDTH, tileWidth, type TileAddress } from './tile-address.js';
export { parseTilePath, tilePath, type TileResource } from './tile-path.js';
export type { TileReader } from './tile-reader.js';
export { InvalidBundleError, InvalidTileError, InvalidTilePathError } from './tile.errors.js';
export { EMPTY_EDGE, growEdge, readEdge, rootOfEdge, type Tile, type TreeEdge } from './tree-edge.js';
