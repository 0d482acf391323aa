import { hash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseSignature } from "#aws/signature/credential.ts";
import type { RawRequest } from "#aws/signature/request.ts";
import { canonicalRequest, sign, stringToSign, verify } from "#aws/signature/sigv4.ts";

const folder = join(process.env.NUBE_VECTORS ?? "../shared/vectors", "sigv4");
const secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/** The cases of the suite; some are grouped in a subfolder. */
const cases = existsSync(folder)
  ? readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".req"))
      .map((file) => join(folder, file.slice(0, -".req".length)))
  : [];

if (cases.length === 0) console.log(`skipped: AWS's Signature Version 4 test suite is not at ${folder}`);

/** Reads one character per byte, as an HTTP server does. */
const read = (path: string) => readFileSync(path, "latin1").replaceAll("\r\n", "\n");

function parse(text: string): RawRequest & { body: string } {
  const [head = "", body = ""] = text.split(/\n\n(.*)/s);
  const [first = "", ...lines] = head.replaceAll(/\n[ \t]+/g, " ").split("\n");
  const [, method = "", target = ""] = /^(\S+) (.*) HTTP\/1\.1$/.exec(first) ?? [];
  const headers: Record<string, string> = {};
  for (const line of lines.filter((text) => text !== "")) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1);
    headers[name] = name in headers ? `${headers[name]},${value.trim()}` : value.trim();
  }
  const [path = "", query = ""] = target.split(/\?(.*)/s);
  return { method, path, query, headers, body: body.trimEnd() };
}

describe.skipIf(cases.length === 0)("AWS's Signature Version 4 test suite", () => {
  test.each(cases.map((path) => [basename(path), path]))("%s", (_, path) => {
    const request = parse(read(`${path}.req`));
    const signed = parse(read(`${path}.sreq`));
    const authorization = read(`${path}.authz`).trim();
    const signature = parseSignature({ ...signed.headers, authorization }, [], "json");
    if (signature?.version !== 4) throw new Error("the vector carries no Version 4 signature");
    const payloadHash = hash("sha256", Buffer.from(request.body, "latin1"), "hex");

    const canonical = canonicalRequest(signed, signature.signedHeaders, payloadHash, "service");
    expect(canonical).toBe(read(`${path}.creq`).trimEnd());
    expect(stringToSign(signature, canonical)).toBe(read(`${path}.sts`).trimEnd());
    expect(verify(signed, signature, secret, payloadHash).matches).toBe(true);
    expect(verify(signed, signature, `${secret}x`, payloadHash).matches).toBe(false);
    // In one vector the signer adds the session token; in the others it is in the request, or added after signing.
    const signerAddsToken =
      signature.signedHeaders.includes("x-amz-security-token") &&
      !("x-amz-security-token" in request.headers);
    const sessionToken = signerAddsToken ? signature.sessionToken : undefined;
    const ours = sign(
      request,
      { accessKeyId: "AKIDEXAMPLE", secretAccessKey: secret, sessionToken },
      {
        region: "us-east-1",
        service: "service",
        now: signature.signedAt,
        payloadHash,
      },
    );
    expect(ours.authorization).toBe(authorization);
  });
});
