import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { openLmdb } from "./lmdb.ts";
import { kvSuite } from "./suite.ts";

let folder: string;

async function newFolder(): Promise<void> {
  if (folder) await rm(folder, { recursive: true });
  folder = await mkdtemp(join(tmpdir(), "nube-kv-"));
}

kvSuite("lmdb", {
  open: ({ fault }) => openLmdb({ path: join(folder, "kv.mdb"), fault }),
  clear: newFolder,
  persists: true,
  examples: 100,
});

test.runIf(process.platform === "linux")(
  "a full disk fails commits whole, leaves reads alone, and is forgotten when there is room",
  async () => {
    await newFolder();
    const program = join(import.meta.dirname, "full-disk.fixture.ts");
    const { stdout } = await promisify(execFile)(process.execPath, [program, join(folder, "kv.mdb")]);
    const seen = JSON.parse(stdout);
    expect(seen).toMatchObject({
      kept: true,
      torn: false,
      successor: "FencedError",
      recovered: true,
      reopened: true,
    });
    expect(seen.written).toBeGreaterThan(50);
    expect(seen.full).toMatch(/file too large|input\/output error/i);
    expect(seen.stillFull).toMatch(/file too large|input\/output error/i);
  },
);

afterAll(() => rm(folder, { recursive: true }));
