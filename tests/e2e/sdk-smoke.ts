import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { type Language, sdkProgram } from "../../tools/sdks.ts";
import { clientEnvironment, nube, startServer, temporaryFolder } from "./harness.ts";
import { wiretap } from "./wiretap.ts";

/** The output of a program: one line per observation. */
type Facts = Readonly<Record<string, string>>;

/**
 * By protocol: the expected output of the SDK's program and patterns in the bytes that it sends, or the
 * reason for which the protocol is skipped.
 */
export type Spoken = Readonly<Record<string, { sees: Facts; sends: readonly RegExp[] } | string>>;

const root = "arn:aws:iam::000000000000:root";

/** The error that every SDK reports for an operation that is not implemented. */
export const notImplemented = (operation: string) =>
  `501 NotImplemented Nube does not implement ${operation} yet.`;

export const sts: Facts = {
  caller: root,
  session: root,
  forged:
    "403 SignatureDoesNotMatch The request signature we calculated does not match the signature you provided. " +
    "Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
  refused: notImplemented("sts:AssumeRole"),
};

export const sqs: Facts = {
  message: "ü",
  "query-compatible": "400 AWS.SimpleQueueService.NonExistentQueue The specified queue does not exist.",
};

export const noTable = "400 ResourceNotFoundException Requested resource not found";
export const noStream = "400 ResourceNotFoundException Stream s under account 000000000000 not found.";

export const s3: Facts = {
  read: "hello, two words",
  checksum: createHash("sha256").update(new Uint8Array(300_000)).digest("base64"),
  parts: "5242881 bytes, 2 parts",
  keys: "a b+c/ü.txt, parts, stream",
  presigned: "hello",
  missing: "The specified key does not exist.",
  "virtual host": "hello",
};

/** One test for each protocol, against a cloud that verifies every signature. */
export function smoke(language: Language, name: string, spoken: Spoken): void {
  suiteOf(language, name, () => {
    for (const [protocol, expected] of Object.entries(spoken)) {
      if (typeof expected === "string") {
        test.skip(`${protocol}: ${expected}`);
        continue;
      }
      test(protocol, async () => {
        const tapped = await wiretap(await startServer("--ephemeral", "--auth", "strict"));
        expect(await run(language, protocol, clientEnvironment(tapped.endpoint))).toEqual(expected.sees);
        for (const pattern of expected.sends) expect(tapped.sent()).toMatch(pattern);
      });
    }
  });
}

/** Runs the tests for S3 and STS over TLS with an SDK that takes the CA from `AWS_CA_BUNDLE`. */
export function smokeOverTls(language: Language, name: string): void {
  suiteOf(language, `${name}, over TLS`, () => {
    test.each([
      ["restXml", s3],
      ["awsQuery", sts],
    ])("%s", async (protocol, sees) => {
      const data = join(await temporaryFolder(), "data");
      const { port } = await startServer("--data", data, "--auth", "strict");
      const { certificateAuthority } = JSON.parse((await nube("status", "--json", "--data", data)).stdout);
      const env = clientEnvironment(`https://localhost:${port}`);
      const trusting = { ...env, AWS_CA_BUNDLE: certificateAuthority };
      expect(await run(language, protocol, trusting)).toEqual(sees);
    });
  });
}

/** Declares a suite, which is skipped with the reason in its name if the SDK's program is not built. */
function suiteOf(language: Language, name: string, suite: () => void): void {
  const program = sdkProgram(language);
  const isThere = typeof program !== "string";
  describe.skipIf(!isThere)(isThere ? name : `${name} (${program})`, { timeout: 60_000 }, suite);
}

async function run(language: Language, protocol: string, env: NodeJS.ProcessEnv): Promise<Facts> {
  const built = sdkProgram(language);
  if (typeof built === "string") throw new Error(built);
  const [program, ...args] = built.run;
  const printed = await promisify(execFile)(program, [...args, protocol], { env: { ...env, ...built.env } });
  expect(printed.stderr).toBe("");
  const lines = printed.stdout.trim().split("\n");
  return Object.fromEntries(lines.map((line) => line.split(/: (.*)/, 2)));
}
