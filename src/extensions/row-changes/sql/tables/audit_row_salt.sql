-- The salt of the digests of rows and columns. Without the salt, nobody can guess a value and compare its digest.
CREATE TABLE audit_row_salt (
  salt bytea NOT NULL CHECK (length(salt) = 32)
);
