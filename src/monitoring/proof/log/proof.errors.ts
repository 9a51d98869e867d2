import { declareErrors } from '../../../base/errors/declare-errors.js';

export const proofErrors = declareErrors({
  AUDIT_PROOF_INVALID: {
    kind: 'invalid',
    when: 'a text is not a signed note, a checkpoint or a proof, or a bundle of entries is cut, too long, or has another number of entries',
    do: 'download it again, byte for byte',
    message: {
      note: (what: string) => `Cannot read the signed note: ${what}. Fetch it again, byte for byte.`,
      checkpoint: (what: string) =>
        `Cannot read the checkpoint: ${what}. A checkpoint has three lines: origin, size, and the root hash in base64.`,
      proof: (what: string) => `Cannot read the proof: ${what}. Fetch it again, byte for byte.`,
      entries: (what: string) =>
        `Cannot read a bundle of entries: ${what}. Fetch it again, or compare it with another copy.`,
    },
  },
  AUDIT_NOTE_UNVERIFIED: {
    kind: 'inconsistent',
    when: 'verifying: no known key signed the note',
    do: 'pass the verifier key of its signer, from a source that you trust',
    message: (known: readonly string[], cause: readonly string[]) =>
      `Cannot trust the note: it is signed by ${list(cause)}, but the known keys are ${list(known)}. ` +
      'Give the verifier key of its signer, from a source that you trust.',
  },
  AUDIT_PROOF_WRONG: {
    kind: 'inconsistent',
    when: 'verifying: a signature by a known key is wrong, or the entry does not lead to the signed root',
    do: 'a text, a signature or an entry was changed, or they do not belong together: compare them with a copy',
    message: {
      signature: (key: string) =>
        `Cannot trust the note: its signature by ${key} is wrong. ` +
        'Its text or the signature was changed: compare the note with a copy from elsewhere.',
      path: (index: number, size: number) =>
        `Cannot prove the entry: its hash does not lead from index ${index} to the signed root of ${size} entries. ` +
        'The entry or the proof was changed, or the proof belongs to another entry. Fetch both again.',
    },
  },
  AUDIT_NOTE_KEY_INVALID: {
    kind: 'invalid',
    when: 'a signing key, a verifier key or its name has the wrong form',
    do: 'use the key as it was made',
    message: (what: string) =>
      `Cannot use the key of signed notes: ${what}. Give <name>+<id>+<key> for a verifier key, ` +
      'PRIVATE+KEY+<name>+<id>+<key> for a signing key, as keygen printed them.',
  },
  AUDIT_NOTE_FOREIGN: {
    kind: 'invalid',
    when: 'verifying: the signed note is not the expected manifest or certificate, or belongs to another log',
    do: 'pass the note of this log, export, archive or erasure, and the keys of its log',
    message: {
      checkpoint: (expected: string, cause: string) =>
        `Cannot use the checkpoint: it belongs to the log ${JSON.stringify(cause)}, not to ${JSON.stringify(expected)}. ` +
        'Give a checkpoint of the expected log, or correct the expected origin.',
      otherKind: (expected: string) =>
        `Cannot read the signed statement: it is a note of another kind. Give a note whose first line is ${expected}.`,
      otherLedger: (expected: string, cause: string) =>
        `Cannot trust the signed statement: it belongs to the ledger ${cause}, but the keys belong to ${expected}. Give the keys of its ledger.`,
    },
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
  AUDIT_PERSONAL_PART_INVALID: {
    kind: 'inconsistent',
    when: "an event's personal part does not fit its facts",
    do: 'one of them was changed: compare them with a copy',
    message: (pointer: string) =>
      `Cannot join the personal part with the event: ${JSON.stringify(pointer.slice(0, 200))} does not fit the event. ` +
      'The event or its personal part was changed: compare them with another copy.',
  },
  AUDIT_LINE_INVALID: {
    kind: 'invalid',
    when: 'sealing: a line is not an event as the core writes it, or its canonical JSON has more than 65,535 bytes',
    do: 'record events through the core',
    message: (cause: string) =>
      `Cannot seal the line: ${cause.slice(0, 300)}. Record events through the core, which writes such lines.`,
  },
});

function list(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.slice(0, 16).join(', ');
}
