import { declareErrors } from '../../../base/errors/declare-errors.js';

export const proofErrors = declareErrors({
  AUDIT_NOTE_INVALID: {
    kind: 'invalid',
    when: 'a text is not a signed note',
    do: 'download it again, byte for byte',
    message: (what: string) => `Cannot read the signed note: ${what}. Fetch it again, byte for byte.`,
  },
  AUDIT_NOTE_UNVERIFIED: {
    kind: 'inconsistent',
    when: 'verifying: no known key signed the note',
    do: 'pass the verifier key of its signer, from a source that you trust',
    message: (known: readonly string[], seen: readonly string[]) =>
      `Cannot trust the note: it is signed by ${list(seen)}, but the known keys are ${list(known)}. ` +
      'Give the verifier key of its signer, from a source that you trust.',
  },
  AUDIT_NOTE_FORGED: {
    kind: 'inconsistent',
    when: 'verifying: a signature by a known key is wrong',
    do: 'the text or the signature was changed: compare it with a copy',
    message: (key: string) =>
      `Cannot trust the note: its signature by ${key} is wrong. ` +
      'Its text or the signature was changed: compare the note with a copy from elsewhere.',
  },
  AUDIT_NOTE_KEY_INVALID: {
    kind: 'invalid',
    when: 'a signing key, a verifier key or its name has the wrong form',
    do: 'use the key as it was made',
    message: (what: string) =>
      `Cannot use the key of signed notes: ${what}. Give <name>+<id>+<key> for a verifier key, ` +
      'PRIVATE+KEY+<name>+<id>+<key> for a signing key, as keygen printed them.',
  },
  AUDIT_CHECKPOINT_INVALID: {
    kind: 'invalid',
    when: 'the text of a signed note is not a checkpoint',
    do: 'download it again, byte for byte',
    message: (what: string) =>
      `Cannot read the checkpoint: ${what}. A checkpoint has three lines: origin, size, and the root hash in base64.`,
  },
  AUDIT_CHECKPOINT_FOREIGN: {
    kind: 'invalid',
    when: 'verifying: the checkpoint belongs to another log',
    do: 'pass a checkpoint of this log, or correct the expected origin',
    message: (expected: string, seen: string) =>
      `Cannot use the checkpoint: it belongs to the log ${JSON.stringify(seen)}, not to ${JSON.stringify(expected)}. ` +
      'Give a checkpoint of the expected log, or correct the expected origin.',
  },
  AUDIT_STATEMENT_INVALID: {
    kind: 'invalid',
    when: 'verifying: the signed note is not the expected manifest or certificate, or belongs to another ledger',
    do: 'pass the note of the export, archive or erasure, and the keys of its ledger',
    message: {
      otherKind: (expected: string) =>
        `Cannot read the signed statement: it is a note of another kind. Give a note whose first line is ${expected}.`,
      otherLedger: (expected: string, seen: string) =>
        `Cannot trust the signed statement: it belongs to the ledger ${seen}, but the keys belong to ${expected}. Give the keys of its ledger.`,
    },
  },
  AUDIT_WITNESS_MESSAGE_INVALID: {
    kind: 'invalid',
    when: 'a message of or to a witness has the wrong form',
    do: "check the witness's address and the proxies in between",
    message: (what: string) =>
      `Cannot read the witness's message: ${what}. Check the witness's URL, and the proxies on the way.`,
  },
  AUDIT_PROOF_INVALID: {
    kind: 'invalid',
    when: 'a text is not a proof',
    do: 'download it again, byte for byte',
    message: (what: string) => `Cannot read the proof: ${what}. Fetch it again, byte for byte.`,
  },
  AUDIT_PROOF_WRONG: {
    kind: 'inconsistent',
    when: 'verifying: the entry does not lead to the signed root',
    do: 'the entry or the proof was changed, or they do not belong together',
    message: (index: number, size: number) =>
      `Cannot prove the entry: its hash does not lead from index ${index} to the signed root of ${size} entries. ` +
      'The entry or the proof was changed, or the proof belongs to another entry. Fetch both again.',
  },
  AUDIT_TREE_RANGE_INVALID: {
    kind: 'invalid',
    when: 'a proof is requested for a leaf or a size that the tree lacks',
    do: 'follow the message',
    message: {
      ofLeaf: (index: number, size: number) =>
        `Cannot prove that a leaf is in the tree: its index is ${index}, and the size is ${size}. Give an index from 0 to size - 1.`,
      ofTree: (oldSize: number, newSize: number) =>
        `Cannot compare trees of the sizes ${oldSize} and ${newSize}. Give the smaller size first; both must be from 0 to 2^53 - 1.`,
    },
  },
  AUDIT_TILE_PATH_INVALID: {
    kind: 'invalid',
    status: 404,
    when: 'a path is not the path of a tile',
    do: 'follow the message',
    message: (path: string) =>
      `Cannot find a tile: the path ${JSON.stringify(path.slice(0, 100))} is not the path of a tile. ` +
      'Give tile/<level>/<index> or tile/entries/<index>, with .p/<width> for a partial tile.',
  },
  AUDIT_TILE_INVALID: {
    kind: 'inconsistent',
    when: 'a stored tile has another length than in its address',
    do: 'compare the tiles with a copy, or compute them again from the entries',
    message: (path: string, expectedBytes: number, seenBytes: number) =>
      `Cannot use the tile ${path}: it has ${seenBytes} bytes, not ${expectedBytes}. ` +
      'Compare the tiles with another copy. You can also compute them again from the entries.',
  },
  AUDIT_ENTRY_BUNDLE_INVALID: {
    kind: 'invalid',
    when: 'a bundle of entries is cut, too long, or has another number of entries',
    do: 'download it again, or compare it with a copy',
    message: (what: string) =>
      `Cannot read a bundle of entries: ${what}. Fetch it again, or compare it with another copy.`,
  },
  AUDIT_PERSONAL_PART_INVALID: {
    kind: 'inconsistent',
    when: "an event's personal part does not fit its facts",
    do: 'one of them was changed: compare them with a copy',
    message: (pointer: string) =>
      `Cannot join the personal part with the event: ${JSON.stringify(pointer.slice(0, 200))} does not fit the event. ` +
      'The event or its personal part was changed: compare them with another copy.',
  },
  AUDIT_SALT_INVALID: {
    kind: 'invalid',
    when: 'sealing: a salt is not 16 bytes long',
    do: 'use fresh random bytes for each event',
    message: (bytes: number) =>
      `Cannot commit to a personal part: its salt has ${bytes} bytes, not 16. Use 16 random bytes for each event.`,
  },
  AUDIT_ENTRY_TOO_LARGE: {
    kind: 'invalid',
    when: "sealing: the event's canonical JSON has more than 65,535 bytes; events of the core are never so large",
    do: 'record events through the core',
    message: (id: string, bytes: number, maxBytes: number) =>
      `Cannot seal the event ${id}: its canonical JSON has ${bytes} bytes, but an entry can have only ${maxBytes}. ` +
      'Record events through the core, which limits their size.',
  },
  AUDIT_LINE_INVALID: {
    kind: 'invalid',
    when: 'sealing: a line is not an event as the core writes it',
    do: 'record events through the core',
    message: (seen: string) =>
      `Cannot seal the line: ${seen.slice(0, 300)}. Record events through the core, which writes such lines.`,
  },
});

function list(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.slice(0, 16).join(', ');
}
