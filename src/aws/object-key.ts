/** The maximum length of an S3 key, in bytes. */
export const MAX_KEY_BYTES = 1_024;

/**
 * Whether any prefix of an S3 key has more `..` segments than others. S3 refuses such a key.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
 */
export function leadsOut(key: string): boolean {
  if (!key.includes("..")) return false;
  let depth = 0;
  for (const segment of key.split("/")) {
    depth += segment === ".." ? -1 : segment === "." ? 0 : 1;
    if (depth < 0) return true;
  }
  return false;
}
