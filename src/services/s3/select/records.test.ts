import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { fieldsOf } from "./input.ts";
import type { CsvFormat } from "./parameters.ts";
import { jsonSplitter, lineSplitter, type Splitter } from "./records.ts";

function split(splitter: Splitter, bytes: Buffer, cuts: readonly number[]): string[] {
  const texts: string[] = [];
  let at = 0;
  for (const cut of [...cuts.map((one) => one % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
    // The chunk is overwritten after the call, since the splitter may not keep references to its memory.
    const chunk = Buffer.from(bytes.subarray(at, cut));
    texts.push(...splitter.push(chunk).map(({ text }) => text));
    chunk.fill(0);
    at = cut;
  }
  return [...texts, ...splitter.end().map(({ text }) => text)];
}

const cuts = fc.array(fc.nat());
const format: CsvFormat = {
  type: "csv",
  header: "NONE",
  delimiter: ",",
  record: "\n",
  quote: '"',
  escaping: '"',
  comment: "#",
  quotesRecords: true,
};
const quoted = (field: string) => (/[",\n\r]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field);
const field = fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", "é", "😀", " ") });

describe("lines in chunks of any size", () => {
  test.each(["\n", "\r\n", ";"])("are split at %j", (delimiter) => {
    const line = fc.string({ unit: fc.constantFrom("a", "b", "\r", "é", ",") });
    fc.assert(
      fc.property(fc.array(line, { minLength: 1 }), cuts, (lines, at) => {
        const body = Buffer.from(lines.map((one) => one + delimiter).join(""));
        const expected = body.toString().split(delimiter).slice(0, -1);
        expect(split(lineSplitter({ delimiter }), body, at)).toEqual(expected);
      }),
    );
  });

  test("are split into the fields that were written, also quoted ones", () => {
    const rows = fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { minLength: 1 });
    fc.assert(
      fc.property(rows, cuts, (written, at) => {
        const body = Buffer.from(written.map((row) => `${row.map(quoted).join(",")}\n`).join(""));
        const lines = split(lineSplitter({ delimiter: "\n", quote: '"', escaping: '"' }), body, at);
        expect(lines.map((line) => fieldsOf(line, format))).toEqual(written);
      }),
    );
  });

  test("are not scanned again for quotes after each line", () => {
    const chunk = Buffer.from("\n".repeat(1_000));
    const looks = vi.spyOn(chunk, "indexOf");
    const splitter = lineSplitter({ delimiter: "\n", quote: '"', escaping: '"' });
    expect(splitter.push(chunk)).toHaveLength(1_000);
    expect(looks.mock.calls.filter(([mark]) => String(mark) === '"')).toHaveLength(1);
  });

  test("have their byte offsets", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom("a", "é") })), (lines) => {
        const body = Buffer.from(lines.map((line) => `${line}\n`).join(""));
        const splitter = lineSplitter({ delimiter: "\n", start: 100 });
        for (const { text, start } of splitter.push(body)) {
          const at = start - 100;
          expect(body.toString("utf8", at, at + Buffer.byteLength(text))).toBe(text);
          expect(at === 0 || body[at - 1] === 0x0a).toBe(true);
        }
      }),
    );
  });
});

test("JSON values in chunks of any size are split", () => {
  const space = fc.constantFrom("\n", " ", "\r\n", "\n\n\t");
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.jsonValue(), space, fc.boolean())), cuts, (values, at) => {
      const body = Buffer.from(
        values.map(([value, apart, wide]) => JSON.stringify(value, null, wide ? 2 : 0) + apart).join(""),
      );
      const found = split(jsonSplitter(), body, at).map((text) => JSON.parse(text));
      expect(found).toEqual(values.map(([value]) => JSON.parse(JSON.stringify(value))));
    }),
  );
});

test("JSON objects need no space between them", () => {
  expect(split(jsonSplitter(), Buffer.from('{"a":1}{"b":2}[3]"x"'), [3, 9])).toEqual([
    '{"a":1}',
    '{"b":2}',
    "[3]",
    '"x"',
  ]);
});

test.each([0, 1, 5, 1_000])("invalid UTF-8 is reported at byte %i", (at) => {
  const body = Buffer.alloc(1_010, "ü");
  const bad = Buffer.concat([body.subarray(0, at - (at % 2)), Buffer.from([0xff]), body]);
  const where = (at - (at % 2)).toLocaleString("en-US");
  expect(() => lineSplitter({ delimiter: "\n" }).push(Buffer.concat([bad, Buffer.from("\n")]))).toThrow(
    `near byte ${where}.`,
  );
});
