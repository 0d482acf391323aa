/** The first characters of ids. A leading "-" is excluded, since command lines interpret it as an option. */
const ID_BEGINNINGS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
const ID_ALPHABET = `${ID_BEGINNINGS}-`;
/** The lengths of Glacier's ids. */
const ID_LENGTHS = { archive: 138, upload: 92, job: 92, lock: 24, capacity: 24 };

export function newId(
  random: { text(length: number, alphabet: string): string },
  of: keyof typeof ID_LENGTHS,
) {
  return random.text(1, ID_BEGINNINGS) + random.text(ID_LENGTHS[of] - 1, ID_ALPHABET);
}
