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

  test("an item is put, updated, read and deleted", async () => {
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

  test("PartiQL statements are executed, alone and in a transaction", async () => {
    const execute = (statement: string, ...more: string[]) =>
      dynamodb("execute-statement", "--statement", statement, ...more);
    await execute(`INSERT INTO music VALUE {'Artist': 'Duo', 'SongTitle': 'One', 'Plays': 1}`);
    const statements = ["Two", "Three"].map((title) => ({
      Statement: "INSERT INTO music VALUE {'Artist': 'Duo', 'SongTitle': ?}",
      Parameters: [{ S: title }],
    }));
    await dynamodb("execute-transaction", "--transact-statements", JSON.stringify(statements));
    await execute(`UPDATE music SET Plays = Plays + 1 WHERE Artist = 'Duo' AND SongTitle = 'One'`);
    const { Items } = await execute(
      "SELECT SongTitle, Plays FROM music WHERE Artist = ?",
      "--parameters",
      JSON.stringify([{ S: "Duo" }]),
    );
    expect(Items).toEqual([
      { SongTitle: { S: "One" }, Plays: { N: "2" } },
      { SongTitle: { S: "Three" } },
      { SongTitle: { S: "Two" } },
    ]);
    expect(await refused("execute-statement", "--statement", "SELECT FROM music")).toContain(
      "An error occurred (ValidationException) when calling the ExecuteStatement operation: Statement wasn't well formed",
    );
  });

  test("a scan follows its pages, and a batch is written", async () => {
    const requests = Array.from({ length: 20 }, (_, n) => ({
      PutRequest: { Item: { Artist: { S: "Choir" }, SongTitle: { S: `${n}`.padStart(2, "0") } } },
    }));
    const { UnprocessedItems } = await dynamodb(
      "batch-write-item",
      "--request-items",
      JSON.stringify({ music: requests }),
    );
    expect(UnprocessedItems).toEqual({});
    const query = ["--key-condition-expression", "Artist = :a", "--page-size", "6"];
    const values = ["--expression-attribute-values", JSON.stringify({ ":a": { S: "Choir" } })];
    const first = await dynamodb("query", ...table, ...query, ...values, "--max-items", "8");
    const rest = await dynamodb("query", ...table, ...query, ...values, "--starting-token", first.NextToken);
    expect([first.Items.length, rest.Items.length]).toEqual([8, 12]);
  });

  test("the CLI waits until a table is deleted", async () => {
    const short = ["--table-name", "short"];
    await dynamodb(
      "create-table",
      ...short,
      ...["--attribute-definitions", "AttributeName=p,AttributeType=S"],
      ...["--key-schema", "AttributeName=p,KeyType=HASH"],
      ...["--provisioned-throughput", "ReadCapacityUnits=1,WriteCapacityUnits=1"],
    );
    await dynamodb("wait", "table-exists", ...short);
    expect((await dynamodb("list-tables")).TableNames).toContain("short");
    await dynamodb("delete-table", ...short);
    await dynamodb("wait", "table-not-exists", ...short);
    expect((await dynamodb("list-tables")).TableNames).not.toContain("short");
  });

  test("Application Auto Scaling scales a table's capacity", async () => {
    const aws = cli(cloud());
    const scaled = ["--table-name", "scaled"];
    await dynamodb(
      "create-table",
      ...scaled,
      ...["--attribute-definitions", "AttributeName=p,AttributeType=S"],
      ...["--key-schema", "AttributeName=p,KeyType=HASH"],
      ...["--provisioned-throughput", "ReadCapacityUnits=1,WriteCapacityUnits=1"],
    );
    const target = [
      ...["--service-namespace", "dynamodb", "--resource-id", "table/scaled"],
      ...["--scalable-dimension", "dynamodb:table:WriteCapacityUnits"],
    ];
    const scaling = (...args: string[]) => aws.json("application-autoscaling", ...args);
    await scaling("register-scalable-target", ...target, "--min-capacity", "4", "--max-capacity", "9");
    const { ScalableTargets } = await scaling(
      ...["describe-scalable-targets", "--service-namespace", "dynamodb"],
      ...["--resource-ids", "table/scaled"],
    );
    expect(ScalableTargets).toMatchObject([{ MinCapacity: 4, MaxCapacity: 9 }]);
    await expect
      .poll(async () => (await dynamodb("describe-table", ...scaled)).Table.ProvisionedThroughput, {
        timeout: 60_000,
      })
      .toMatchObject({ ReadCapacityUnits: 1, WriteCapacityUnits: 4 });
  });

  test("errors have DynamoDB's messages", async () => {
    expect(await refused("get-item", ...table, "--key", JSON.stringify({ Artist: { S: "a" } }))).toContain(
      "An error occurred (ValidationException) when calling the GetItem operation: The provided key element does not match the schema",
    );
    expect(await refused("describe-table", "--table-name", "none")).toContain(
      "An error occurred (ResourceNotFoundException) when calling the DescribeTable operation: Requested resource not found: Table: none not found",
    );
  });
});
