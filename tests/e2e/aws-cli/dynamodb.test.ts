import { beforeAll, expect, test } from "vitest";
import { DURABLE, onStores } from "../stores.ts";
import { type Cli, cli } from "./cli.ts";

onStores(DURABLE, (cloud) => {
  let dynamodb: (...args: string[]) => ReturnType<Cli["json"]>;
  let refused: (...args: string[]) => ReturnType<Cli["refused"]>;
  const table = ["--table-name", "music"];
  beforeAll(async () => {
    const aws = cli(cloud());
    dynamodb = (...args) => aws.json("dynamodb", ...args);
    refused = (...args) => aws.refused("dynamodb", ...args);
    await dynamodb(
      "create-table",
      ...table,
      "--attribute-definitions",
      "AttributeName=Artist,AttributeType=S",
      "AttributeName=SongTitle,AttributeType=S",
      "--key-schema",
      "AttributeName=Artist,KeyType=HASH",
      "AttributeName=SongTitle,KeyType=RANGE",
      "--billing-mode",
      "PAY_PER_REQUEST",
    );
    await aws("dynamodb", "wait", "table-exists", ...table);
  });

  test("an item, from its writing to its end", async () => {
    const key = JSON.stringify({ Artist: { S: "Acme Band" }, SongTitle: { S: "Happy Day" } });
    const item = JSON.stringify({ ...JSON.parse(key), Year: { N: "2015" } });
    const put = await dynamodb("put-item", ...table, "--item", item, "--return-consumed-capacity", "TOTAL");
    expect(put).toEqual({ ConsumedCapacity: { TableName: "music", CapacityUnits: 1 } });
    const { Attributes } = await dynamodb(
      "update-item",
      ...table,
      "--key",
      key,
      "--update-expression",
      "SET #y = #y + :one",
      "--expression-attribute-names",
      JSON.stringify({ "#y": "Year" }),
      "--expression-attribute-values",
      JSON.stringify({ ":one": { N: "1" } }),
      "--return-values",
      "UPDATED_NEW",
    );
    expect(Attributes).toEqual({ Year: { N: "2016" } });
    const { Items, Count } = await dynamodb(
      "query",
      ...table,
      "--key-condition-expression",
      "Artist = :a",
      "--expression-attribute-values",
      JSON.stringify({ ":a": { S: "Acme Band" } }),
    );
    expect([Count, Items[0].Year]).toEqual([1, { N: "2016" }]);
    await dynamodb("delete-item", ...table, "--key", key);
    expect(await dynamodb("get-item", ...table, "--key", key)).toBeUndefined();
  });

  test("refusals in DynamoDB's words", async () => {
    expect(await refused("get-item", ...table, "--key", JSON.stringify({ Artist: { S: "a" } }))).toContain(
      "An error occurred (ValidationException) when calling the GetItem operation: The provided key element does not match the schema",
    );
    expect(await refused("describe-table", "--table-name", "none")).toContain(
      "An error occurred (ResourceNotFoundException) when calling the DescribeTable operation: Requested resource not found: Table: none not found",
    );
  });
});
