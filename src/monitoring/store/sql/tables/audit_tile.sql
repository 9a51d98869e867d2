-- The tiles of the Merkle tree. Tiles are stored without compression, because hashes do not compress.
CREATE TABLE audit_tile (
  level smallint NOT NULL CHECK (level >= 0),
  index bigint NOT NULL CHECK (index >= 0),
  width smallint NOT NULL CHECK (width BETWEEN 1 AND 256),
  hashes bytea NOT NULL CHECK (length(hashes) = 32 * width),
  PRIMARY KEY (level, index)
);
ALTER TABLE audit_tile ALTER hashes SET STORAGE EXTERNAL;
