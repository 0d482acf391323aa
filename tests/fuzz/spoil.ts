import fc from "fast-check";
import { TEMPLATES, type Template } from "./templates.ts";

type Part = "method" | "target" | "headers" | "body";

/** An edit of a request. Positions are fractions, so that they remain valid in a shrunk template. */
interface Edit {
  part: Part;
  /**
   * Whether bytes that HTTP's grammar refuses are kept. They are mostly removed, so that the test covers what follows
   * the parser.
   */
  raw: boolean;
  at: number;
  length: number;
  kind: "flip" | "insert" | "remove" | "repeat" | "replace";
  bytes: Buffer;
}

/** Tokens that break parsers more often than random bytes do. */
const TOKENS = [
  "\0",
  "\r\n",
  "\r\n\r\n",
  "%",
  "%00",
  "%ff",
  "%C0%80",
  "%0D%0Aset-cookie:%20a=b",
  "%C4%80",
  "%7F",
  "%F0%9F%98%80",
  "..",
  "//",
  "?",
  "&",
  "=",
  "+",
  ";",
  ",",
  '"',
  "\\u0000",
  "\\ud800",
  "__proto__",
  "constructor",
  "toString",
  "-1",
  "1e999",
  "NaN",
  "9".repeat(400),
  "99999999999999999999",
  "18446744073709551616",
  "0x10",
  "null",
  "{}",
  "[]",
  "[".repeat(3_000),
  '{"a":'.repeat(3_000),
  "<a>".repeat(3_000),
  "&#x110000;",
  "&lol;",
  "<!DOCTYPE a [<!ENTITY b 'c'>]>",
  "<![CDATA[",
  "\x9f".repeat(300),
  "\xbf\x9f\xff",
  "\x5f\x40\xff",
  "\xfb\x7f\xf8\0\0\0\0\0\0",
  "\xc1\xfb\x7f\xf0\0\0\0\0\0\0",
  "\xdb\xff\xff\xff\xff\xff\xff\xff\xff",
  "a.".repeat(200),
  ".1".repeat(40),
  "é😀",
  "\u2028",
  "\ufeff",
  "x".repeat(5_000),
  "a=b&".repeat(500),
  "Action=",
  "ffffffffffff\r\n",
  ";chunk-signature=",
  "content-encoding: gzip\r\n",
  "content-encoding: aws-chunked\r\n",
  "content-length: 5\r\n",
  "transfer-encoding: chunked\r\n",
  "expect: 100-continue\r\n",
  "x-amz-target: a.b.c\r\n",
  "smithy-protocol: rpc-v2-cbor\r\n",
  "origin: http://localhost:3000\r\n",
  "host: evil.com\r\n",
  "range: bytes=-1\r\n",
];

const repeated = (part: Part, times: number) => Array<Part>(times).fill(part);

/** A uniform fraction; fast-check's default bias would favour both ends. */
const fraction = fc.noBias(fc.nat(9_999)).map((n) => n / 10_000);

const edit: fc.Arbitrary<Edit> = fc.record({
  part: fc.constantFrom<Part>(
    "method",
    ...repeated("target", 5),
    ...repeated("headers", 5),
    ...repeated("body", 10),
  ),
  raw: fc.nat(9).map((dice) => dice === 0),
  at: fraction,
  length: fc.nat(20),
  kind: fc.constantFrom("flip", "insert", "insert", "remove", "repeat", "replace"),
  bytes: fc.oneof(
    { weight: 2, arbitrary: fc.constantFrom(...TOKENS).map((token) => Buffer.from(token, "latin1")) },
    { weight: 1, arbitrary: fc.constantFrom(...TOKENS).map((token) => Buffer.from(token)) },
    { weight: 2, arbitrary: fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes)) },
  ),
});

/** A request as bytes, mostly invalid. */
export const corruptRequest = fc
  .record({
    template: fc.nat(TEMPLATES.length - 1),
    edits: fc.array(edit, { maxLength: 5 }),
    /** Whether Content-Length is that of the edited body, rather than of the original one. */
    tellsLength: fc.nat(9).map((dice) => dice > 0),
    /**
     * The fraction of the request that is sent. Rarely less than 1, as the server only waits for the rest of an
     * incomplete request.
     */
    sent: fc.oneof({ weight: 19, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fraction }),
  })
  .map(({ template, edits, tellsLength, sent }) => {
    const bytes = serialize(TEMPLATES[template]!, edits, tellsLength);
    return bytes.subarray(0, Math.ceil(bytes.length * sent));
  });

function serialize({ line, headers, body }: Template, edits: readonly Edit[], tellsLength: boolean): Buffer {
  const [method = "", target = ""] = line.split(" ");
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const parts: Record<Part, Buffer> = {
    method: Buffer.from(method),
    target: Buffer.from(target, "latin1"),
    headers: Buffer.from(lines.join(""), "latin1"),
    body,
  };
  for (const one of edits) {
    const { part, raw } = one;
    const edited = apply(one, parts[part]);
    parts[part] = raw ? edited : Buffer.from(edited.filter(ALLOWED[part]));
  }
  const hasLength = headers["transfer-encoding"] === undefined && body.length > 0;
  const length = (tellsLength ? parts.body : body).length;
  return Buffer.concat([
    parts.method,
    SPACE,
    parts.target,
    Buffer.from(" HTTP/1.1\r\n"),
    parts.headers,
    Buffer.from(hasLength ? `content-length: ${length}\r\n\r\n` : "\r\n"),
    parts.body,
  ]);
}

const SPACE = Buffer.from(" ");

const ALLOWED: Record<Part, (byte: number) => boolean> = {
  method: (byte) => byte >= 65 && byte <= 90,
  target: (byte) => byte > 32 && byte !== 127,
  headers: (byte) => (byte >= 32 && byte !== 127) || byte === 13 || byte === 10,
  body: () => true,
};

function apply({ at, length, kind, bytes }: Edit, text: Buffer): Buffer {
  const from = Math.floor(at * text.length);
  const to = Math.min(from + length, text.length);
  const [before, inside, after] = [text.subarray(0, from), text.subarray(from, to), text.subarray(to)];
  switch (kind) {
    case "flip": {
      const flipped = Buffer.from(text);
      if (flipped.length > 0) flipped[from % flipped.length]! ^= 1 << (length % 8);
      return flipped;
    }
    case "insert":
      return Buffer.concat([before, bytes, text.subarray(from)]);
    case "remove":
      return Buffer.concat([before, after]);
    case "repeat":
      return Buffer.concat([before, inside, inside, after]);
    case "replace":
      return Buffer.concat([before, bytes, after]);
  }
}
