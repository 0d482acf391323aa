import { randomBytes } from "node:crypto";
import { open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { MASTER_KEY_BYTES, type MasterKey } from "#kernel/secrets/data-keys.ts";
import { ExpectedError } from "./expected-error.ts";

/**
 * The cloud's master keys, stored separately from the data that they encrypt, so that the store and the blobs
 * alone reveal nothing. Created at the first start. To add a key, append it to the file under the next
 * number; old bodies still need the old keys.
 */
export async function loadOrCreateMasterKeys(file: string): Promise<MasterKey[]> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text !== undefined) return parse(text, file);
  const created = [newMasterKey(1)];
  await write(file, `${JSON.stringify(created.map(toJson), null, 2)}\n`);
  return created;
}

export function newMasterKey(number: number): MasterKey {
  return { number, key: randomBytes(MASTER_KEY_BYTES) };
}

const toJson = ({ number, key }: MasterKey) => ({ number, key: Buffer.from(key).toString("base64") });

function parse(text: string, file: string): MasterKey[] {
  const broken = new ExpectedError(`${file} does not hold the keys of this cloud's bodies`);
  try {
    const rows: { number: number; key: string }[] = JSON.parse(text);
    const keys = rows.map(({ number, key }) => ({ number, key: Buffer.from(key, "base64") }));
    const numbers = new Set(keys.map(({ number }) => number));
    const sound = keys.every(
      ({ number, key }) =>
        Number.isInteger(number) && number > 0 && number < 256 && key.length === MASTER_KEY_BYTES,
    );
    if (sound && keys.length > 0 && numbers.size === keys.length) return keys;
  } catch {}
  throw broken;
}

/** Makes the keys durable before they are used: a lost key means lost data. */
async function write(file: string, text: string): Promise<void> {
  const temporary = `${file}.new`;
  const handle = await open(temporary, "w", 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
  const folder = await open(dirname(file), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
