import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, dynamodbOn } from "./client.ts";
import { outcome } from "./replicas.ts";
import { indexed } from "./table-shapes.ts";

/** What is not there says so by its name: nothing that is asked for is passed over. */
const { sendRaw, withTable } = dynamodbOn(conformanceCloud());
const TableName = "there";
withTable(TableName);

const refused = (operation: string, input: object) => outcome(sendRaw(operation, JSON.stringify(input)));
const byName = (name: string) => ["NotImplemented", expect.stringContaining(name)];

for (const operation of [
  "CancelBulkOperation",
  "DescribeBulkOperation",
  "ListBulkOperations",
  "SearchVectors",
  "StartBulkPutItems",
])
  behaviour(`${operation} is refused by name`, api(operation), async () => {
    expect(await refused(operation, {})).toEqual(byName(operation));
  });

const index = {
  IndexName: "by-meaning",
  VectorAttribute: { AttributeName: "v" },
  Projection: { ProjectionType: "ALL" },
  Dimensions: 3,
  DistanceFunction: "COSINE",
};
behaviour("a table with a vector index is refused by name", api("CreateTable"), async () => {
  const table = { ...indexed, TableName: "vectors", VectorIndexes: [index] };
  expect(await refused("CreateTable", table)).toEqual(byName("VectorIndexes"));
  expect((await refused("DescribeTable", { TableName: "vectors" }))[0]).toBe("ResourceNotFoundException");
});
behaviour("a vector index of a table that is there is refused by name", api("UpdateTable"), async () => {
  const update = { TableName, VectorIndexUpdates: [{ Create: index }] };
  expect(await refused("UpdateTable", update)).toEqual(byName("VectorIndexUpdates"));
});
