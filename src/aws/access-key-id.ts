/**
 * Access key ids contain the number of their account: behind the prefix of four letters, in base 32, come a bit that is set,
 * 40 bits of the account, and 39 random ones. Nothing proves that such a key was issued.
 * https://awsteele.com/blog/2020/09/26/aws-access-key-format.html
 */
import { BASE32, type Random } from "#lib/random.ts";

const RANDOM_LETTERS = 7;
/** In the letter that follows those of the account: its highest bit is the account's lowest. */
const RANDOM_PART = 16;
const SET = 2 ** 40;
const MAX_ACCOUNT = 999_999_999_999;

export function accessKeyId(prefix: "AKIA" | "ASIA", account: string, random: Random): string {
  let value = (SET + Number(account)) * RANDOM_PART + random.below(RANDOM_PART);
  let letters = "";
  for (; value > 0; value = Math.floor(value / BASE32.length))
    letters = BASE32[value % BASE32.length] + letters;
  return `${prefix}${letters}${random.text(RANDOM_LETTERS, BASE32)}`;
}

/** @returns `undefined` for what is no access key id, or an old one, which has no account */
export function accountOf(accessKeyId: string): string | undefined {
  const letters = /^A[KS]IA([Q-Z2-7][A-Z2-7]{8})[A-Z2-7]{7}$/.exec(accessKeyId)?.[1];
  if (letters === undefined) return undefined;
  const value = [...letters].reduce((sum, letter) => sum * BASE32.length + BASE32.indexOf(letter), 0);
  const account = Math.floor(value / RANDOM_PART) - SET;
  return account > MAX_ACCOUNT ? undefined : String(account).padStart(12, "0");
}
