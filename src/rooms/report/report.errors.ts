import { declareErrors } from '../../audit/nest-free.js';

export const reportErrors = declareErrors({
  AUDIT_REQUEST_INVALID: {
    kind: 'invalid',
    when: 'command `report`: an unknown mark, or a time range that ends before it begins',
    do: 'follow the message; nothing was changed',
    message: {
      unknownMark: (mark: number) =>
        `Cannot make the report: no checkpoint has the size ${mark}. Remove --mark, or give the second line of a checkpoint of this ledger.`,
      emptyRange: (from: Date, to: Date) =>
        `Cannot make the report: the time range begins at ${from.toISOString()}, and ends at ${to.toISOString()}. Give a --to that is later than --from.`,
      unreadApplication: (target: string, seen: string) =>
        `Cannot make the report: the options of ${target} are unknown (${seen}). Name the file and the export of the root module, or remove the file.`,
      taken: (file: string) =>
        `Cannot write the report: ${file} exists already. Name another file, or use --force to replace it.`,
    },
  },
});
