import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AwsError } from "#aws/errors.ts";
import { readUploadForm } from "./multipart-form.ts";

// biome-ignore lint/suspicious/noTemplateCurlyInString: S3's own variable
const FILENAME = "${filename}";

const type = "multipart/form-data; boundary=AaB03x";

const part = (disposition: string, value: string) =>
  `--AaB03x\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${value}\r\n`;

async function* stream(pieces: readonly Uint8Array[]) {
  yield* pieces;
}

async function read(body: string | readonly Uint8Array[], contentType = type) {
  const pieces = typeof body === "string" ? [Buffer.from(body)] : body;
  const form = await readUploadForm(contentType, stream(pieces));
  const file = Buffer.concat(await collect(form.file));
  return { ...form, fields: Object.fromEntries(form.fields), file: file.toString("latin1") };
}

const refusal = (body: string, contentType?: string) =>
  read(body, contentType).then(
    () => "not refused",
    (error) => (error instanceof AwsError ? `${error.status} ${error.code}` : String(error)),
  );

describe("a form", () => {
  test("as browsers send it", async () => {
    const body =
      part('name="Key"', `user/${FILENAME}`) +
      part('name="x-amz-meta-a"', "ü") +
      part(
        'name="file"; filename="C:\\photos\\a \\"b\\".jpg"\r\nContent-Type: image/jpeg',
        "line\r\n--AaB03\r\n",
      ) +
      part('name="submit"', "Upload") +
      "--AaB03x--\r\n";
    expect(await read(body)).toEqual({
      fields: { key: `user/${FILENAME}`, "x-amz-meta-a": "ü" },
      filename: 'C:\\photos\\a "b".jpg',
      contentType: "image/jpeg",
      file: "line\r\n--AaB03\r\n",
    });
  });

  test("with a quoted boundary, a preamble, bare names, padding, no file name, and an empty file", async () => {
    const body = `ignored\r\n--a b \t\r\ncontent-disposition: FORM-DATA; name=key\r\n\r\nk\r\n--a b\r\nContent-Disposition: form-data; name=FILE\r\n\r\n\r\n--a b--`;
    const form = await read(body, 'multipart/form-data; charset=utf-8; boundary="a b"');
    expect(form).toEqual({ fields: { key: "k" }, filename: undefined, contentType: undefined, file: "" });
  });

  test("joins repeated fields", async () => {
    const body = `${part('name="t"', "1") + part('name="T"', "2") + part('name="file"', "")}--AaB03x--`;
    expect((await read(body)).fields).toEqual({ t: "1,2" });
  });

  test("accepts a file far larger than the limit on fields", async () => {
    const file = "x".repeat(300_000);
    expect((await read(`${part('name="file"', file)}--AaB03x--`)).file).toBe(file);
  });

  test("is read to its end, where the body is checked", async () => {
    async function* source() {
      yield Buffer.from(`${part('name="file"', "data")}--AaB03x--\r\n`);
      yield Buffer.from("epilogue");
      throw new Error("the body's hash is wrong");
    }
    const form = await readUploadForm(type, source());
    await expect(collect(form.file)).rejects.toThrow("the body's hash is wrong");
  });
});

describe("rejects", () => {
  test.each([
    ["", type, "400 MalformedPOSTRequest"],
    ["no delimiter at all", type, "400 MalformedPOSTRequest"],
    [part('name="key"', "k"), type, "400 MalformedPOSTRequest"],
    [part('name="file"', "cut short"), type, "400 MalformedPOSTRequest"],
    [part("", "k"), type, "400 MalformedPOSTRequest"],
    ["--AaB03x\r\nno colon\r\n\r\nk\r\n--AaB03x--\r\n", type, "400 MalformedPOSTRequest"],
    ["--AaB03xyz\r\n\r\n", type, "400 MalformedPOSTRequest"],
    [`${part('name="key"', "k")}--AaB03x--\r\n`, type, "400 InvalidArgument"],
    [`${part('name="key"', "k")}--AaB03x--`, type, "400 InvalidArgument"],
    [part('name="key"', "k".repeat(20_480)), type, "400 MaxPostPreDataLengthExceeded"],
    [`--AaB03x\r\nA: ${"b".repeat(30_000)}`, type, "400 MaxPostPreDataLengthExceeded"],
    ["", "multipart/form-data", "400 MalformedPOSTRequest"],
    ["", "text/plain", "412 PreconditionFailed"],
  ])("%.40j as %s", async (body, contentType, words) => {
    expect(await refusal(body, contentType)).toBe(words);
  });
});

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return pieces;
}

function cut(body: Buffer, places: readonly number[]): Buffer[] {
  const at = [0, ...places.map((place) => place % (body.length + 1)).sort((a, b) => a - b), body.length];
  return at.slice(1).map((end, i) => body.subarray(at[i], end));
}

test("the result does not depend on how the form is split", async () => {
  const file = fc
    .array(fc.constantFrom("\r", "\n", "\r\n--AaB03", "-", "x", "é"), { maxLength: 60 })
    .map((bits) => bits.join(""));
  await fc.assert(
    fc.asyncProperty(file, fc.array(fc.nat(), { maxLength: 30 }), async (data, places) => {
      fc.pre(!data.includes("\r\n--AaB03x"));
      const body = `${part('name="key"', "k") + part('name="file"; filename="f"', data)}--AaB03x--\r\n`;
      const form = await read(cut(Buffer.from(body), places));
      expect(form.fields).toEqual({ key: "k" });
      expect(Buffer.from(form.file, "latin1").toString()).toBe(data);
    }),
    { numRuns: 200 },
  );
});

test("any input ends in a form or in a client error", async () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 30 }),
    fc
      .constantFrom(
        "--AaB03x",
        "\r\n",
        "--",
        "Content-Disposition: form-data; name=file",
        "Content-Disposition: form-data; name=a",
      )
      .map((text) => Buffer.from(text)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 15 }), async (pieces) => {
      try {
        await read(pieces);
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        expect(error.status).toBe(400);
      }
    }),
    { numRuns: 500 },
  );
});
