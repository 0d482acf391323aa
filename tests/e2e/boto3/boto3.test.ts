import { execFile, execFileSync } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { clientEnvironment } from "../harness.ts";
import { DURABLE, onStores } from "../stores.ts";

onStores(DURABLE, (cloud) => {
  test.skipIf(!isInstalled()).each(["objects", "transfers", "presigned", "directories", "tables"])(
    "boto3 %s (where python3 has boto3)",
    async (suite) => {
      const env = { ...clientEnvironment(cloud().endpoint), PYTHONDONTWRITEBYTECODE: "1" };
      const script = join(import.meta.dirname, `test_${suite}.py`);
      const { stderr } = await promisify(execFile)("python3", [script], { env }).catch((error) => error);
      expect(stderr).toMatch(/\nOK\n$/);
    },
  );
});

function isInstalled(): boolean {
  try {
    execFileSync("python3", ["-c", "import boto3"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
