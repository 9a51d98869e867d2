/** Matches characters that no one sees, such as a soft hyphen. */
const INVISIBLE_CHARACTERS = /\p{Default_Ignorable_Code_Point}/gu;

/**
 * Returns one form for all spellings of a text: case, normal forms, full width, kinds of white space and invisible characters do not
 * matter. The last change of case is to lower case, because a new version of Unicode may add a capital to a letter, but no small letter.
 * So all versions of Node return the same form.
 */
export function foldText(text: string): string {
  const folded = text.normalize('NFKC').replaceAll(INVISIBLE_CHARACTERS, '').toLowerCase().toUpperCase().toLowerCase();
  const letters = folded.replaceAll('i\u0307', 'i').replaceAll('ς', 'σ'); // of the Turkish İ, and of a Greek word's end
  return letters.normalize('NFKC').replaceAll(/\s+/g, ' ').trim();
}
