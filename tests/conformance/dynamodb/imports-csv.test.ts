import { QueryCommand } from "@aws-sdk/client-dynamodb";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, guide, N, S } from "./client.ts";
import { importsOn, type MoreOfImport } from "./imports.ts";

const { send, imported } = importsOn(conformanceCloud());
const format = guide("S3DataImport.Format");
const validation = guide("S3DataImport.Validation");
const importing = api("ImportTable");

const csv = (table: string, body: string, Csv?: object, parameters?: MoreOfImport["parameters"]) =>
  imported(table, `${table}.csv`, body, {
    InputFormat: "CSV",
    ...(Csv && { InputFormatOptions: { Csv } }),
    ...(parameters && { parameters }),
  });

behaviour("the first line of a CSV file is the header, and values are strings", format, async () => {
  const { status, items, description } = await csv("csv", "p,x,y\na,1,one\nb,2,two\n");
  expect([status, items]).toEqual([
    "COMPLETED",
    [
      { p: S("a"), x: S("1"), y: S("one") },
      { p: S("b"), x: S("2"), y: S("two") },
    ],
  ]);
  expect(description.InputFormatOptions).toBeUndefined();
});

behaviour("with a HeaderList the first line is an item", format, async () => {
  const Csv = { Delimiter: ";", HeaderList: ["p", "x"] };
  const { items, description } = await csv("headed", "a;1\nb;2", Csv);
  expect(items).toEqual([
    { p: S("a"), x: S("1") },
    { p: S("b"), x: S("2") },
  ]);
  expect(description.InputFormatOptions).toEqual({ Csv });
});

for (const [at, delimiter] of [",", ";", ":", "|", "\t", " "].entries())
  behaviour(`columns may be delimited by ${JSON.stringify(delimiter)}`, api("CsvOptions"), async () => {
    const body = `p${delimiter}x\na${delimiter}1\n`;
    expect((await csv(`delimited-${at}`, body, { Delimiter: delimiter })).items).toEqual([
      { p: S("a"), x: S("1") },
    ]);
  });

behaviour("key attributes in a CSV file have the types of the table's definitions", format, async () => {
  const { items } = await csv("typed", "p,s,g,x\na,7,3,5\n", undefined, {
    AttributeDefinitions: [
      { AttributeName: "p", AttributeType: "S" },
      { AttributeName: "s", AttributeType: "N" },
      { AttributeName: "g", AttributeType: "N" },
    ],
    KeySchema: [
      { AttributeName: "p", KeyType: "HASH" },
      { AttributeName: "s", KeyType: "RANGE" },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: "by-g",
        KeySchema: [{ AttributeName: "g", KeyType: "HASH" }],
        Projection: { ProjectionType: "ALL" },
      },
    ],
  });
  expect(items).toEqual([{ p: S("a"), s: N(7), g: N(3), x: S("5") }]);
});

behaviour("an index created by the import contains the items", importing, async () => {
  const { Items } = await send(
    new QueryCommand({
      TableName: "typed",
      IndexName: "by-g",
      KeyConditionExpression: "g = :g",
      ExpressionAttributeValues: { ":g": N(3) },
    }),
  );
  expect(Items).toHaveLength(1);
});

behaviour("empty columns are omitted", format, async () => {
  expect((await csv("sparse", "p,x,y\na,,1\n")).items).toEqual([{ p: S("a"), y: S("1") }]);
});

behaviour("quoted values contain delimiters, line breaks and doubled quotes", format, async () => {
  const { items } = await csv("quoted", 'p,x\na,"one, two\nthree"\nb,"say ""so"""\r\n');
  expect(items).toEqual([
    { p: S("a"), x: S("one, two\nthree") },
    { p: S("b"), x: S('say "so"') },
  ]);
});

behaviour("a row with the wrong number of columns is an error", validation, async () => {
  const { status, counts } = await csv("uneven", "p,x\na,1\nb\nc,3,4\nd,5\n");
  expect([status, counts]).toEqual(["FAILED", [4, 2, 2]]);
});

behaviour("a key column that is not a number is an error", validation, async () => {
  const { status, counts } = await csv("numbers", "p\n1\nx\n", undefined, {
    AttributeDefinitions: [{ AttributeName: "p", AttributeType: "N" }],
  });
  expect([status, counts]).toEqual(["FAILED", [2, 1, 1]]);
});
