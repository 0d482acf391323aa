import { gzipSync } from "node:zlib";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { guide, N, S } from "./client.ts";
import { importsOn } from "./imports.ts";

const { imported: importFile } = importsOn(conformanceCloud());
const format = guide("S3DataImport.Format");
const ION = { InputFormat: "ION" as const };

let tables = 0;
const imported = (body: string | Buffer, more: object = {}) =>
  importFile(`ion-${++tables}`, `ion-${tables}.ion`, body, { ...ION, ...more });

const BOOK = `$ion_1_0 {
    Item:{
        p:"book",
        Authors:$dynamodb_SS::["Author1","Author2"],
        Dimensions:"8.5 x 11.0 x 1.5",
        ISBN:"333-3333333333",
        Id:103.,
        InPublication:false,
        PageCount:6d2,
        Price:2d3,
        ProductCategory:"Book",
        Title:"Book 103 Title"
    }
}`;

behaviour("types of Ion become types of DynamoDB", format, async () => {
  const { status, counts, items, description } = await imported(BOOK);
  expect([status, counts]).toEqual(["COMPLETED", [1, 1, 0]]);
  expect(description.InputFormat).toBe("ION");
  const [{ Authors, ...book }] = items as [(typeof items)[0]];
  expect(Authors!.SS!.toSorted()).toEqual(["Author1", "Author2"]);
  expect(book).toEqual({
    p: S("book"),
    Dimensions: S("8.5 x 11.0 x 1.5"),
    ISBN: S("333-3333333333"),
    Id: N(103),
    InPublication: { BOOL: false },
    PageCount: N(600),
    Price: N(2000),
    ProductCategory: S("Book"),
    Title: S("Book 103 Title"),
  });
});
behaviour("blobs, lists, structs and other sets of Ion become types of DynamoDB", format, async () => {
  const { items } = await imported(
    '$ion_1_0 {Item:{p:"a",b:{{eg==}},l:["x",1.5,[true]],m:{n:{{}}},ns:$dynamodb_NS::[1.],bs:$dynamodb_BS::[{{eg==}}]}}',
  );
  expect(items).toEqual([
    {
      p: S("a"),
      b: { B: new Uint8Array(Buffer.from("z")) },
      l: { L: [S("x"), N("1.5"), { L: [{ BOOL: true }] }] },
      m: { M: { n: { B: new Uint8Array() } } },
      ns: { NS: ["1"] },
      bs: { BS: [new Uint8Array(Buffer.from("z"))] },
    },
  ]);
});
behaviour("lines of an Ion file begin with a version marker, and each is an item", format, async () => {
  const lines = ["a", "b", "c"].map((p) => `$ion_1_0 {Item:{p:"${p}"}}\n`).join("");
  const { counts, items } = await imported(lines);
  expect([counts, items]).toEqual([
    [3, 3, 0],
    [{ p: S("a") }, { p: S("b") }, { p: S("c") }],
  ]);
});
behaviour("an Ion file may be one list of items", format, async () => {
  const { counts, items } = await imported(`$ion_1_0
[
  {
    Item:{
      p:"a",
      Authors:$dynamodb_SS::["Author1"],
      Price:2d3
    }
  },
  {
    Item:{
      p:"b"
    }
  }
]
`);
  expect(counts).toEqual([2, 2, 0]);
  expect(items).toEqual([{ p: S("a"), Authors: { SS: ["Author1"] }, Price: N(2000) }, { p: S("b") }]);
});
behaviour("a compressed Ion file is read", guide("S3DataImport.HowItWorks"), async () => {
  const { items } = await imported(gzipSync(BOOK), { InputCompressionType: "GZIP" });
  expect(items).toHaveLength(1);
});
behaviour(
  "an item of Ion without its key is an error, and the others are imported",
  guide("S3DataImport.Validation"),
  async () => {
    const { status, counts, items } = await imported('$ion_1_0 {Item:{x:1.}}\n$ion_1_0 {Item:{p:"b"}}\n');
    expect([status, counts]).toEqual(["FAILED", [2, 1, 1]]);
    expect(items).toEqual([{ p: S("b") }]);
  },
);
