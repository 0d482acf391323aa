import { createHmac, sign as signEcdsa } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type ChunkSigning, chunkedDecoder } from "./aws-chunked.ts";
import { parseSignature } from "./credential.ts";
import { s3Payload } from "./payload.ts";
import type { Query, RawRequest } from "./request.ts";
import { EMPTY_HASH, verify } from "./sigv4.ts";
import { ASYMMETRIC, isSignedBy, publicKey, regionOf } from "./sigv4a.ts";

/** As signed by AWS's Common Runtime, whose signatures differ from run to run. */
const accessKeyId = "AKIDEXAMPLE";
const secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

const inHeader = (service: string, signedHeaders: string, signature: string, headers = {}) => ({
  "x-amz-date": "20130524T000000Z",
  authorization: `${ASYMMETRIC} Credential=${accessKeyId}/20130524/${service}/aws4_request, SignedHeaders=${signedHeaders}, Signature=${signature}`,
  ...headers,
});

interface Vector {
  request: RawRequest;
  query?: Query;
  style: "json" | "s3";
  payloadHash: string;
  regionSet: string;
}

const presigned =
  "X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20130524%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-SignedHeaders=host&X-Amz-Expires=60&X-Amz-Region-Set=%2A&X-Amz-Signature=304402205653b74f5c2690db1572acd6b712baf9efc1629ac11fdd7d4159b390aea2ee22022039a6038a039dffc7bf6c1d4841cddf963c890788c168212327d598f9f54461ef";

const vectors: Record<string, Vector> = {
  "two Regions": {
    request: {
      method: "GET",
      path: "/",
      query: "",
      headers: inHeader(
        "events",
        "host;x-amz-date;x-amz-region-set",
        "3043021f6e91a1293054631f4fd34f5d8662bd2da6481dcaec32e170cd380829afe2be02200602e78421ca05630b38c25dde811a946f1b36db2234ddeb9995b3882f0f19d4",
        { host: "example.amazonaws.com", "x-amz-region-set": "us-east-1,eu-*" },
      ),
    },
    style: "json",
    payloadHash: EMPTY_HASH,
    regionSet: "us-east-1,eu-*",
  },
  "a path that is normalised": {
    request: {
      method: "GET",
      path: "/a/./b//c%20d",
      query: "x=1",
      headers: inHeader(
        "events",
        "host;x-amz-date;x-amz-region-set",
        "3045022072ed3c8fa196b7c9399702d91a6d0c829deb0bb53fd1f02f17023c8d1c731210022100da7358936718f604a5ef6686e64cc423ba218d19fb68afb066579c4232f516ae",
        { host: "example.amazonaws.com", "x-amz-region-set": "*" },
      ),
    },
    style: "json",
    payloadHash: EMPTY_HASH,
    regionSet: "*",
  },
  "S3's path, an unsigned payload": {
    request: {
      method: "PUT",
      path: "/bucket/a//b",
      query: "",
      headers: inHeader(
        "s3",
        "host;x-amz-content-sha256;x-amz-date;x-amz-region-set",
        "304502207e2bbddfc430807dc75f5cd99eb6c3a166898709b87cfbb32fdc037d210fa7a1022100ebaede068e5a27cf7427916d50c8a42405da6efdae4f1b5a7368135710366559",
        {
          host: "s3.amazonaws.com",
          "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
          "x-amz-region-set": "*",
        },
      ),
    },
    style: "s3",
    payloadHash: "UNSIGNED-PAYLOAD",
    regionSet: "*",
  },
  "a presigned URL": {
    request: {
      method: "GET",
      path: "/bucket/key",
      query: presigned,
      headers: { host: "s3.amazonaws.com" },
    },
    query: [...new URLSearchParams(presigned)],
    style: "s3",
    payloadHash: "UNSIGNED-PAYLOAD",
    regionSet: "*",
  },
};

describe("signatures of AWS's Common Runtime are valid", () => {
  test.each(Object.entries(vectors))("%s", (_, { request, query = [], style, payloadHash, regionSet }) => {
    const signature = parseSignature(request.headers, query, style);
    if (signature?.version !== 4) throw new Error("not a Version 4 signature");
    expect(signature).toMatchObject({ accessKeyId, regionSet, scope: { date: "20130524", region: "" } });
    expect(verify(request, signature, secret, payloadHash).matches).toBe(true);
    expect(verify(request, signature, `${secret}x`, payloadHash).matches).toBe(false);
    expect(verify(request, { ...signature, accessKeyId: "AKIDOTHER" }, secret, payloadHash).matches).toBe(
      false,
    );
    expect(verify({ ...request, method: "POST" }, signature, secret, payloadHash).matches).toBe(false);
  });
});

test.each(["", "00", "zz", "30".repeat(70), "3044", "30440220".padEnd(142, "0"), "f".repeat(10_000)])(
  "an invalid signature is rejected: %.20s",
  (signature) => expect(isSignedBy(publicKey(accessKeyId, secret), "text", signature)).toBe(false),
);

test.each([
  ["*", "us-east-1"],
  ["us-east-1", "us-east-1"],
  ["eu-west-1, us-*", "us-east-1"],
  ["eu-*, eu-west-1,eu-west-2", "eu-west-1"],
  ["eu-*", "eu-*"],
  ["eu-west-1", "eu-west-1"],
])("with the Region set %s a request acts in %s", (set, region) =>
  expect(regionOf(set, "us-east-1")).toBe(region),
);

/** The key that a client derives from the two, to sign its chunks. */
function clientKey() {
  const input = `\0\0\0\x01${ASYMMETRIC}\0${accessKeyId}\x01\0\0\x01\0`;
  const candidate = createHmac("sha256", `AWS4A${secret}`).update(input, "latin1").digest("hex");
  const d = Buffer.from((BigInt(`0x${candidate}`) + 1n).toString(16).padStart(64, "0"), "hex");
  const jwk = publicKey(accessKeyId, secret).export({ format: "jwk" });
  return { key: { ...jwk, d: d.toString("base64url") }, format: "jwk" } as const;
}

describe("chunks", () => {
  const scope = { date: "20130524", region: "", service: "s3" };
  const amzDate = "20130524T000000Z";
  const signing: ChunkSigning = {
    key: publicKey(accessKeyId, secret),
    scope,
    amzDate,
    accessKeyId,
    seed: "3044",
    trailer: true,
  };
  const signText = (...lines: string[]) =>
    signEcdsa("sha256", Buffer.from(lines.join("\n")), clientKey()).toString("hex");
  const sha256 = async (text: string) =>
    Buffer.from(await crypto.subtle.digest("SHA-256", Buffer.from(text))).toString("hex");

  async function framed(data: string, padding: (signature: string) => string): Promise<string> {
    let previous = signing.seed;
    let body = "";
    for (const piece of [data, ""]) {
      const place = [amzDate, "20130524/s3/aws4_request", previous];
      previous = signText(`${ASYMMETRIC}-PAYLOAD`, ...place, EMPTY_HASH, await sha256(piece));
      body += `${piece.length.toString(16)};chunk-signature=${padding(previous)}\r\n`;
      if (piece !== "") body += `${piece}\r\n`;
    }
    const trailer = "x-amz-checksum-crc32:AAAAAA==\n";
    const place = [amzDate, "20130524/s3/aws4_request", previous];
    const signature = signText(`${ASYMMETRIC}-TRAILER`, ...place, await sha256(trailer));
    return `${body}x-amz-checksum-crc32:AAAAAA==\r\nx-amz-trailer-signature:${padding(signature)}\r\n\r\n`;
  }

  function decode(body: string): string {
    const decoder = chunkedDecoder({ announced: ["x-amz-checksum-crc32"], signing });
    const data = decoder.push(Buffer.from(body));
    decoder.end();
    return Buffer.concat(data).toString();
  }

  test.each([144, 0])("have signatures that are padded to %i", async (length) => {
    const body = await framed("hello", (signature) => signature.padEnd(length, "*"));
    expect(decode(body)).toBe("hello");
    expect(() => decode(body.replace("hello", "hellO"))).toThrow("does not match the signature you provided");
    expect(() => decode(body.replace("AAAAAA==", "BAAAAA=="))).toThrow("does not match");
  });

  test("are signed by the same algorithm as their request", () => {
    const told = (word: string, asymmetric: boolean) =>
      s3Payload("header", { "x-amz-content-sha256": word }, [], asymmetric);
    for (const end of ["PAYLOAD", "PAYLOAD-TRAILER"]) {
      const ecdsa = `STREAMING-AWS4-ECDSA-P256-SHA256-${end}`;
      expect(told(ecdsa, true)).toMatchObject({ signedChunks: true, trailer: end === "PAYLOAD-TRAILER" });
      expect(() => told(ecdsa, false)).toThrow("x-amz-content-sha256 must be");
      expect(() => told(`STREAMING-AWS4-HMAC-SHA256-${end}`, true)).toThrow("x-amz-content-sha256 must be");
    }
    expect(told("STREAMING-UNSIGNED-PAYLOAD-TRAILER", true).kind).toBe("chunked");
  });
});
