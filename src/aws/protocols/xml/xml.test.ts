import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ShapeEntry } from "../../contract/format.ts";
import { operationOf } from "../testing.ts";
import { Malformed } from "../values/malformed.ts";
import { isoInSeconds, isoWithMillis } from "../values/timestamps.ts";
import { parseXml } from "./reader.ts";
import { xmlReader } from "./shapes.ts";
import { escapeXml, xmlWriters } from "./writer.ts";

describe("a document", () => {
  test("is parsed by local names, with its text, entities, CDATA, comments and instructions", () => {
    const root = parseXml(
      '\ufeff<?xml version="1.0"?>\n<!-- hello --><a:Root xmlns:a="urn:x" id=\'1&amp;2\'>\n' +
        '<Key>a&lt;b&#65;&#x1F600;<![CDATA[<raw>&amp;]]></Key ><a:Empty/><Empty b="2" /></a:Root>\n',
    );
    expect(root.name).toBe("Root");
    expect(root.attributes).toEqual(
      new Map([
        ["xmlns:a", "urn:x"],
        ["id", "1&2"],
      ]),
    );
    expect(root.children.map(({ name, text }) => [name, text])).toEqual([
      ["Key", "a<bA😀<raw>&amp;"],
      ["Empty", ""],
      ["Empty", ""],
    ]);
  });

  test.each([
    ["", "nothing"],
    ["text", "no element"],
    ["<a>", "an element that is not closed"],
    ["<a></b>", "an element that another name closes"],
    ["<a/><b/>", "two roots"],
    ["<a/>text", "text after the root"],
    ["<a b=1/>", "an attribute without quotes"],
    ['<a b="1" b="2"/>', "an attribute said twice"],
    ["<a>&unknown;</a>", "an entity that is not XML's own"],
    ["<a>& b</a>", "an ampersand alone"],
    ["<a>&#x110000;</a>", "a character that there is not"],
    ["<a>&#xD800;</a>", "half a character"],
    ["<a><!-- ", "a comment without an end"],
    ['<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "a DOCTYPE"],
    ["<a>".repeat(1000), "nesting without an end"],
    [`<a ${"b ".repeat(50_000)}/>`, "attributes without values"],
    [`<a>${"<b/>".repeat(120_000)}</a>`, "more elements than any call has"],
    [`<a ${Array.from({ length: 120_000 }, (_, i) => `b${i}=""`).join(" ")}/>`, "more attributes"],
    [`<a>&${"a".repeat(40)};</a>`, "a reference that is longer than any"],
  ])("%# is malformed: %s", (text) => expect(() => parseXml(text)).toThrow(Malformed));

  test("references of all kinds are resolved", () => {
    expect(parseXml("<a>&lt;b&#x62;&#98; &amp;amp;&gt;</a>").text).toBe("<bbb &amp;>");
  });

  test("any text survives escaping and parsing", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        expect(parseXml(`<a b="${escapeXml(text)}">${escapeXml(text)}</a>`)).toMatchObject({ text });
      }),
    );
  });

  test("carriage returns and other characters that a parser would normalize become references", () => {
    expect(escapeXml('a\r\n<b>&"c"\u0085\u2028\u0001')).toBe(
      "a&#xD;\n&lt;b&gt;&amp;&quot;c&quot;&#x85;&#x2028;&#x1;",
    );
  });
});

const shapes: Record<string, ShapeEntry> = {
  Input: {
    type: "structure",
    members: {
      Id: [
        "$string",
        { xmlAttribute: true, name: "xsi:id", xmlNamespace: { uri: "urn:xsi", prefix: "xsi" } },
      ],
      Name: "$string",
      Plain: "Names",
      Named: "Named",
      Flat: ["Names", { flattened: true, name: "Item" }],
      Map: "Map",
      FlatMap: ["Map", { flattened: true }],
      When: "$timestamp",
      Next: "Input",
    },
    xmlNamespace: { uri: "urn:xsi", prefix: "xsi" },
  },
  Names: { type: "list", member: "$string" },
  Named: { type: "list", member: "$string", memberName: "Each" },
  Map: { type: "map", key: "$string", value: "$integer", keyName: "K", valueName: "V" },
};
const { input: shape } = operationOf(shapes);

describe("a structure", () => {
  const value = {
    Id: 'a"b',
    Name: "",
    Plain: ["a", "b"],
    Named: ["c"],
    Flat: ["d", "e"],
    Map: { x: 1, __proto__: 3 },
    FlatMap: { y: 2 },
    When: new Date("2026-11-21T07:36:27Z"),
    Next: { Name: "inner" },
  };
  Object.defineProperty(value.Map, "__proto__", { value: 3, enumerable: true });

  test("W8, S9: is written as AWS writes it", () => {
    expect(xmlWriters(isoWithMillis).element("Root", shape)(value)).toBe(
      '<Root xmlns:xsi="urn:xsi" xsi:id="a&quot;b"><Name></Name><Plain><member>a</member><member>b</member></Plain>' +
        "<Named><Each>c</Each></Named><Item>d</Item><Item>e</Item>" +
        "<Map><entry><K>x</K><V>1</V></entry><entry><K>__proto__</K><V>3</V></entry></Map>" +
        "<FlatMap><K>y</K><V>2</V></FlatMap><When>2026-11-21T07:36:27.000Z</When>" +
        '<Next xmlns:xsi="urn:xsi"><Name>inner</Name></Next></Root>',
    );
  });

  test("and can be parsed again", () => {
    const text = xmlWriters(isoWithMillis).element("Root", shape)(value);
    const read = xmlReader(shape)(parseXml(text)) as typeof value;
    expect(read).toEqual(value);
    expect(Object.keys(read.Map)).toEqual(["x", "__proto__"]);
  });

  test("W1: IAM and STS print no milliseconds", () => {
    expect(xmlWriters(isoInSeconds).element("A", shape)({ When: value.When })).toContain(
      "<When>2026-11-21T07:36:27Z</When>",
    );
  });
});

test("timestamps of any day are formatted as JavaScript formats them", () => {
  fc.assert(
    fc.property(fc.date({ noInvalidDate: true }), (date) => {
      expect(isoWithMillis(date)).toBe(date.toISOString());
    }),
  );
});
