import { hash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AwsError } from "#aws/errors.ts";
import { type ChunkedOptions, type ChunkSigning, chunkedDecoder } from "./aws-chunked.ts";
import { hmac } from "./hmac.ts";
import { EMPTY_HASH, scopeText, signingKey } from "./sigv4.ts";

/** "Signature calculations … Transferring payload in multiple chunks", and "… for trailing headers", of the S3 API reference. */
const scope = { date: "20130524", region: "us-east-1", service: "s3" };
const key = signingKey("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", scope);
const signing: ChunkSigning = {
  key,
  scope,
  amzDate: "20130524T000000Z",
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  seed: "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
  trailer: false,
};

const frame = (data: string, signature: string) =>
  `${data.length.toString(16)};chunk-signature=${signature}\r\n${data}\r\n`;

const documented =
  frame("a".repeat(65_536), "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648") +
  frame("a".repeat(1_024), "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497") +
  frame("", "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9");

const withTrailer = {
  ...signing,
  seed: "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
  trailer: true,
};
const crc32c = ["x-amz-checksum-crc32c"];
const documentedData =
  frame("a".repeat(65_536), "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2") +
  frame("a".repeat(1_024), "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7") +
  "0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n";
const trailerSignature =
  "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435";

function decode(options: ChunkedOptions, pieces: readonly Uint8Array[]) {
  const decoder = chunkedDecoder(options);
  const out = pieces.flatMap((piece) => decoder.push(piece));
  return { trailers: decoder.end(), data: Buffer.concat(out).toString("latin1") };
}

const decodeText = (options: ChunkedOptions, text: string) => decode(options, [Buffer.from(text, "latin1")]);

function refusal(options: ChunkedOptions, text: string): AwsError {
  try {
    decodeText(options, text);
  } catch (error) {
    if (error instanceof AwsError) return error;
  }
  throw new Error("not refused");
}

describe("S3's documented examples", () => {
  test("signed chunks", () => {
    const { data, trailers } = decodeText({ announced: [], decodedLength: 66_560, signing }, documented);
    expect(data).toBe("a".repeat(66_560));
    expect(trailers).toEqual({});
  });

  test.each(["", "\r\n", "\n"])("signed chunks and trailer, with %j before its signature", (gap) => {
    const body = `${documentedData}x-amz-checksum-crc32c:sOO8/Q==\r\n${gap}${trailerSignature}\r\n\r\n`;
    const { trailers } = decodeText({ announced: crc32c, signing: withTrailer }, body);
    expect(trailers).toEqual({ "x-amz-checksum-crc32c": "sOO8/Q==" });
  });
});

test("signatures that need not be verified are ignored", () => {
  const body = `${documentedData}x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:00\r\n\r\n`;
  expect(decodeText({ announced: crc32c, decodedLength: 66_560 }, body).trailers).toEqual({
    "x-amz-checksum-crc32c": "sOO8/Q==",
  });
});

describe("rejects", () => {
  const plain: ChunkedOptions = { announced: [] };

  test("a changed byte, at the end of its chunk", () => {
    const decoder = chunkedDecoder({ announced: [], signing });
    const changed = Buffer.from(documented.replace("a\r\n400;", "b\r\n400;"), "latin1");
    expect(decoder.push(changed.subarray(0, 1_000))).toHaveLength(1);
    expect(() => decoder.push(changed.subarray(1_000))).toThrow("The request signature we calculated");
  });

  test("a changed trailer, or one without its signature", () => {
    const options = { announced: crc32c, signing: withTrailer };
    const changed = `${documentedData}x-amz-checksum-crc32c:sOO8/A==\r\n${trailerSignature}\r\n\r\n`;
    expect(refusal(options, changed)).toMatchObject({ code: "SignatureDoesNotMatch", status: 403 });
    const unsigned = `${documentedData}x-amz-checksum-crc32c:sOO8/Q==\r\n\r\n`;
    expect(refusal(options, unsigned).code).toBe("SignatureDoesNotMatch");
  });

  test("chunks omitted, repeated, or without a signature", () => {
    const [first = ""] = documented.split("400;");
    expect(refusal({ announced: [], signing }, documented.slice(first.length)).code).toBe(
      "SignatureDoesNotMatch",
    );
    expect(refusal({ announced: [], signing }, first + documented).code).toBe("SignatureDoesNotMatch");
    expect(refusal({ announced: [], signing }, "1\r\na\r\n0\r\n\r\n").code).toBe("IncompleteBody");
  });

  test.each([
    "",
    "5\r\nabc",
    "3\r\nabc\r\n",
    "3\r\nabcd",
    "3\nabc\r\n0\r\n\r\n",
    "-1\r\n",
    "x\r\n",
    `${"0".repeat(2_000)}`,
  ])("an incomplete or malformed frame: %j", (text) => {
    expect(refusal(plain, text)).toMatchObject({
      code: "IncompleteBody",
      status: 400,
      message: "The request body terminated unexpectedly",
    });
  });

  test("a length other than the declared one", () => {
    const body = "3\r\nabc\r\n0\r\n\r\n";
    for (const decodedLength of [4, 2])
      expect(refusal({ announced: [], decodedLength }, body)).toMatchObject({
        code: "IncompleteBody",
        members: { NumberBytesExpected: decodedLength, NumberBytesProvided: 3 },
      });
    expect(decodeText({ announced: [], decodedLength: 3 }, body).data).toBe("abc");
  });

  test("a small chunk that is not the last", () => {
    const error = refusal(plain, `3\r\nabc\r\n3\r\nabc\r\n0\r\n\r\n`);
    expect(error).toMatchObject({ code: "InvalidChunkSizeError", members: { Chunk: 2, BadChunkSize: 3 } });
  });

  test.each([
    "",
    "x-amz-checksum-crc32:AAAAAA==\r\n",
    "x-amz-checksum-crc32c:AAAAAA==\r\nx-other:1\r\n",
    "x-amz-checksum-crc32c:AAAAAA==\r\nx-amz-checksum-crc32c:AAAAAA==\r\n",
    "no colon\r\n",
    "x".repeat(5_000),
  ])("a trailer other than the announced one: %j", (trailer) => {
    expect(refusal({ announced: crc32c }, `0\r\n${trailer}\r\n`).code).toBe("MalformedTrailerError");
  });
});

/** A body of these chunks, signed if `by` is given, with a trailer. */
function encode(chunks: readonly Buffer[], by?: ChunkSigning): Buffer {
  let previous = by?.seed ?? "";
  const sign = (kind: string, ...lines: string[]) =>
    hmac(
      key,
      [`AWS4-HMAC-SHA256-${kind}`, signing.amzDate, scopeText(scope), previous, ...lines].join("\n"),
      "hex",
    );
  const out: Uint8Array[] = [];
  for (const data of [...chunks, Buffer.alloc(0)]) {
    let header = data.length.toString(16);
    if (by !== undefined) {
      previous = sign("PAYLOAD", EMPTY_HASH, hash("sha256", data, "hex"));
      header += `;chunk-signature=${previous}`;
    }
    out.push(Buffer.from(`${header}\r\n`), data);
    if (data.length > 0) out.push(Buffer.from("\r\n"));
  }
  out.push(Buffer.from("x-amz-checksum-crc32c:sOO8/Q==\r\n"));
  if (by !== undefined) {
    const signature = sign("TRAILER", hash("sha256", "x-amz-checksum-crc32c:sOO8/Q==\n", "hex"));
    out.push(Buffer.from(`x-amz-trailer-signature:${signature}\r\n`));
  }
  return Buffer.concat([...out, Buffer.from("\r\n")]);
}

/** Splits a body at these positions, given in any order. */
function cut(body: Buffer, places: readonly number[]): Buffer[] {
  const at = [0, ...places.map((place) => place % (body.length + 1)).sort((a, b) => a - b), body.length];
  return at.slice(1).map((end, i) => body.subarray(at[i], end));
}

const bytes = (min: number, max: number) =>
  fc.uint8Array({ minLength: min, maxLength: max }).map((data) => Buffer.from(data));

test("the result does not depend on how the body is split", () => {
  const chunks = fc
    .tuple(fc.array(bytes(8_192, 9_000), { maxLength: 2 }), bytes(1, 300))
    .map(([full, last]) => [...full, last]);
  fc.assert(
    fc.property(chunks, fc.boolean(), fc.array(fc.nat(), { maxLength: 40 }), (data, signed, places) => {
      const by = signed ? withTrailer : undefined;
      const whole = Buffer.concat(data);
      const options = { announced: crc32c, signing: by, decodedLength: whole.length };
      const decoded = decode(options, cut(encode(data, by), places));
      expect(decoded.data).toBe(whole.toString("latin1"));
      expect(decoded.trailers).toEqual({ "x-amz-checksum-crc32c": "sOO8/Q==" });
    }),
    { numRuns: 60 },
  );
});

test("a body that arrives byte by byte", () => {
  const body = encode([Buffer.from("hello")], withTrailer);
  const pieces = [...body].map((byte) => Uint8Array.of(byte));
  expect(decode({ announced: crc32c, signing: withTrailer }, pieces).data).toBe("hello");
});

test("any input ends in bytes or in a client error", () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc
      .constantFrom("0\r\n", "\r\n", "a\r\n", "1;chunk-signature=", "x-a:b\r\n", "ffffffffffff\r\n")
      .map((text) => Buffer.from(text)),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.boolean(), (pieces, signed) => {
      try {
        decode({ announced: [], signing: signed ? signing : undefined }, pieces);
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        expect(error.status).toBeGreaterThanOrEqual(400);
        expect(error.status).toBeLessThan(500);
      }
    }),
    { numRuns: 500 },
  );
});
