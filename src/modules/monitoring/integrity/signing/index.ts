export { CheckpointSigner } from './checkpoint-signer.service.js';
export { LastSignedFile } from './last-signed.js';
export { makeKeyFile, readKeyFile, type SigningKeys } from './signing-key-file.js';
export { SigningKeyInvalidError, SigningKeyMissingError } from './signing.errors.js';
